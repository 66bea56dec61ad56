"""What the shipper asks of a place that takes events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from datatracing.capture.packing import Row
from datatracing.capture.record import Record
from datatracing.errors import StoreUnreachableError
from datatracing.model.fate import LedgerEntry


@dataclass(frozen=True)
class Receipt:
    """What became of the events that were sent; together they are all of them. Rejected: the store noted why."""

    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0

    def __add__(self, other: "Receipt") -> "Receipt":
        return Receipt(self.accepted + other.accepted, self.duplicate + other.duplicate, self.rejected + other.rejected)


class BrokenOffError(StoreUnreachableError):
    """No attempt was made, and none is due from this process: that says nothing about the store."""


class Sink(Protocol):
    """Used by one thread. What is given returns when the store has made it durable, and ends in bounded time.

    StoreUnreachableError: try the same again later. BadInputError: the store answered that it will never take this.
    """

    def send(self, rows: Sequence[Row]) -> Receipt:
        """All of the rows or none. A row that the store has already is left alone."""

    def complete(self, manifest: Record) -> None:
        """A run is over, as its own process says. A manifest that the store has already is left alone."""

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """What was lost on the way. All of the entries or none."""

    def close(self) -> None:
        """Let go of the connection; the next `send` opens another. Never raises."""
