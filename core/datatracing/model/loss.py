"""The words for losses. A module of its own, since every traced process imports it."""

from enum import Enum


class Loss(str, Enum):
    """Why an event could not be kept or delivered. What the store refused adds the store's own word after a colon."""

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
