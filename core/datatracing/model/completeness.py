"""Expected (manifest) minus captured (events)."""

from dataclasses import dataclass
from enum import Enum


class CompletenessStatus(str, Enum):
    """unknown: no manifest has come yet, so nothing says what there should be."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Completeness:
    """How many spans the manifest names, how many are accounted for, and the names of the rest."""

    status: CompletenessStatus = CompletenessStatus.UNKNOWN
    expected: int = 0
    captured: int = 0
    missing: tuple[str, ...] = ()
