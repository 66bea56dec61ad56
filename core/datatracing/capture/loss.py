"""Why something could not be kept or delivered."""

import errno

from datatracing.model.loss import Loss

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


REASONS = (Loss.SPOOL_FULL, Loss.DISK_FULL, Loss.SPOOL_UNWRITABLE, Loss.TOO_BIG, Loss.INTERNAL, Loss.MANIFEST)
"""Those that the process itself counts, in the order in which its file has them."""


def reason_of(error: OSError) -> Loss:
    """Why the disk did not take it."""
    return Loss.DISK_FULL if error.errno in _NO_SPACE else Loss.SPOOL_UNWRITABLE
