"""Why something could not be kept or delivered."""

import errno
from enum import Enum

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Loss(str, Enum):
    """What the store refused adds the store's own word after a colon."""

    SPOOL_FULL = "spool_full"
    DISK_FULL = "disk_full"
    SPOOL_UNWRITABLE = "spool_unwritable"
    TOO_BIG = "event_too_big"
    INTERNAL = "internal_error"
    MANIFEST = "manifest"
    """Not an event. The orchestrator's own record completes the run all the same."""
    TORN = "spool_torn"
    """Told, and not in the file any more: its process or its machine died while it was written, or the file was cut."""
    CORRUPT = "spool_corrupt"
    REFUSED = "refused_by_store"

    def __str__(self) -> str:
        return self.value


REASONS = (Loss.SPOOL_FULL, Loss.DISK_FULL, Loss.SPOOL_UNWRITABLE, Loss.TOO_BIG, Loss.INTERNAL, Loss.MANIFEST)
"""Those that the process itself counts, in the order in which its file has them."""


def reason_of(error: OSError) -> Loss:
    """Why the disk did not take it."""
    return Loss.DISK_FULL if error.errno in _NO_SPACE else Loss.SPOOL_UNWRITABLE
