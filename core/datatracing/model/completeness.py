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
    """How many spans the manifest names, how many are accounted for, and the names of the rest.

    `unknown_edges` names the spans whose dependencies may be more than the trace shows, because the orchestrator itself
    does not know them. That no span is missing is not touched by it.
    """

    status: CompletenessStatus = CompletenessStatus.UNKNOWN
    expected: int = 0
    captured: int = 0
    missing: tuple[str, ...] = ()
    unknown_edges: tuple[str, ...] = ()
