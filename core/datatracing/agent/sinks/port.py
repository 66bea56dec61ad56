"""What the agent asks of a place that takes events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from datatracing.capture.frame import Frame
from datatracing.inbox.packing import Unbroken
from datatracing.model.fate import LedgerEntry


@dataclass(frozen=True)
class Receipt:
    """What became of the events that were sent; together they are all of them. Rejected: the store noted why."""

    delivered: int = 0
    rejected: int = 0

    def __add__(self, other: "Receipt") -> "Receipt":
        return Receipt(self.delivered + other.delivered, self.rejected + other.rejected)


class Sink(Protocol):
    """Used by one thread. What is given returns when the store has made it durable, and ends in bounded time.

    StoreUnreachableError: try the same again later. BadInputError: the store answered that it will never take this.
    """

    def send(self, rows: Sequence[Unbroken]) -> Receipt:
        """All of the rows or none. A row that the store has already is left alone."""

    def complete(self, manifest: Frame) -> None:
        """A run is over, as its own process says. A manifest that the store has already is left alone."""

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """What was lost on the way; the same entry may come again with a larger count."""

    def fold(self, trace_ids: Iterable[str]) -> None:
        """Of these runs something new has been sent: let it be seen."""

    def close(self) -> None:
        """Let go of connections; the next call opens others. Never raises."""
