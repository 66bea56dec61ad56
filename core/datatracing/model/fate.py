"""What became of the data, and the books that must balance (law 6)."""

from dataclasses import dataclass, replace
from enum import Enum


class Fate(str, Enum):
    """Where a piece of data ended. Always stored together with a reason."""

    KEPT = "kept"
    SAMPLED_OUT = "sampled_out"
    REJECTED = "rejected"
    LOST = "lost"
    EXPIRED = "expired"
    REDACTED = "redacted"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class LedgerEntry:
    """`count` pieces of data met this fate for this reason; a lost 0 is a loss that nobody could count.

    `trace_id` is empty where the run is not known. `namespace` is whose word it is: what the holder of a token said
    holds for runs of the token's namespace only; empty is our own word. `told` is how many events of the run the
    producer had numbered by then, 0 where that is not known: what never comes of these is lost, and no more. A rejected
    event is the last of these.
    """

    fate: Fate
    reason: str
    count: int
    at: int
    trace_id: str = ""
    producer: str = ""
    namespace: str = ""
    told: int = 0

    def holds_in(self, namespace: str) -> bool:
        """Whether it may be said of runs of this namespace."""
        return self.namespace in {"", namespace}


def grown(entry: LedgerEntry, again: LedgerEntry) -> LedgerEntry:
    """One entry that was reported twice: whichever came first, the larger numbers hold."""
    return replace(entry, count=max(entry.count, again.count), told=max(entry.told, again.told))


@dataclass(frozen=True)
class Books:
    """Event counts of one run. `emitted` includes deliveries that came twice and numbers that never came."""

    emitted: int = 0
    stored: int = 0
    duplicate: int = 0
    sampled_out: int = 0
    rejected: int = 0
    lost: int = 0

    @property
    def balanced(self) -> bool:
        """emitted = stored + duplicate + sampled_out + rejected + lost."""
        parts = self.stored + self.duplicate + self.sampled_out + self.rejected + self.lost
        return self.emitted == parts
