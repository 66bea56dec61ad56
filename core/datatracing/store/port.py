"""The store port, by role: what every store promises. The contract suite in `datatracing.testing` holds each sentence.

All times are microseconds since the epoch, all ids lower-case hex. A store is safe to use from many threads. Every
method raises StoreUnreachableError when the store does not answer; none raises a driver's own error.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from enum import IntFlag
from typing import Protocol

from datatracing.access.visibility import EVERYTHING, Visibility
from datatracing.errors import BadInputError
from datatracing.inbox.row import InboxRow
from datatracing.model.fate import LedgerEntry
from datatracing.model.link import Link
from datatracing.model.run import RunRef
from datatracing.model.token import Token
from datatracing.store.sealed import Sealed
from datatracing.store.search import Page, RunFilter
from datatracing.store.summary import RunSummary


class Sealing(Protocol):
    """One trace, locked: two sealings of the same trace never overlap, on any number of machines."""

    def inbox(self) -> list[InboxRow]:
        """Every row of this trace, in any order, as of now."""

    def summary(self) -> RunSummary | None:
        """The run as it is stored, or None."""

    def write(self, sealed: Sealed) -> None:
        """Replace everything stored about this run. All of it is visible when the block ends, or nothing is. Only the
        ledger is added to: `sealed.ledger` is what has not been noted before.

        Links are merged into what other runs said about the same edge; the runs they name need not be known yet, and
        are not listed by `runs` until something of their own is stored.
        """

    def open(self, summary: RunSummary) -> None:
        """Record a run that is not sealed yet; changes nothing if it is sealed already."""


class Inbox(Protocol):
    """What has arrived: appended, and folded run by run, each in a transaction that holds it alone."""

    def append(self, rows: Sequence[InboxRow]) -> int:
        """Durable on return. A row that is already there is left alone; returns how many rows were new."""

    def sealing(self, trace_id: str) -> AbstractContextManager[Sealing]:
        """A transaction that holds the trace alone. An exception inside the block undoes all of it."""

    def inbox(self, trace_id: str) -> list[InboxRow]:
        """Every row of this trace, in any order."""

    def weight(self, trace_id: str) -> tuple[int, int]:
        """How many rows the trace has in the inbox, and how many bytes of payload."""

    def unfolded(self, limit: int) -> list[str]:
        """Trace ids whose inbox holds more rows than their last seal folded: new runs, and late events."""

    def delivered(self, limit: int) -> list[str]:
        """The traces of so many newest inbox rows, the newest first, each once. The work is bounded."""

    def behind(self, trace_ids: Iterable[str]) -> list[str]:
        """Those of the traces whose inbox holds more rows than their last seal folded, each once, in the same order."""


class Can(IntFlag):
    """What a reader can do beyond giving runs, their spans and their own links by trace id. Least by default."""

    LEAST = 0
    SEARCH = 1
    """`runs` by every field of RunFilter, in pages."""
    ALIASES = 2
    """A run by a foreign trace id."""
    FAR_ENDS = 4
    """Links that only the other end has reported."""
    DETAIL = 8
    """Attributes and errors of the runs that are kept."""


EVERY = Can.SEARCH | Can.ALIASES | Can.FAR_ENDS | Can.DETAIL


class Reader(Protocol):
    """What is known of runs."""

    can: Can
    """Known when the store is opened: a door that offers more than this says so instead of answering wrongly."""

    def run(self, trace_id: str, visibility: Visibility = EVERYTHING) -> RunSummary | None:
        """The summary by trace id, else by alias, of the earliest run that may be seen; None if there is nothing of its
        own (a mere link end is nothing). An alias never answers for a run of which anything has arrived."""

    def runs(self, where: RunFilter, limit: int, cursor: str | None = None) -> Page:
        """A page of at most `limit` runs. BadInputError when the cursor is not one of ours."""

    def spans(self, trace_id: str) -> bytes | None:
        """Uncompressed JSON of the list `spans`: the detail where it is kept, else the skeleton; None if not sealed."""

    def links(self, trace_id: str) -> list[Link]:
        """All links that touch this run, from its own point of view, also those that only the other end reported."""

    def identities(self, trace_ids: Sequence[str]) -> dict[str, RunRef]:
        """The runs that are stored, open or sealed, under exactly these ids: no aliases, no mere link ends."""


class Ledger(Protocol):
    """What became of what did not get through."""

    def record(self, entries: Sequence[LedgerEntry]) -> None:
        """Add to the ledger."""

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """Add to the ledger what may be told again: of entries that differ in nothing but `count` and `told`, the
        largest of each is kept, whatever order they come in."""

    def ledger(self, trace_id: str | None = None, limit: int = 100) -> list[LedgerEntry]:
        """The newest entries, of one run or of all."""

    def totals(self, trace_id: str) -> list[LedgerEntry]:
        """The run's whole ledger added up by fate, reason, producer, namespace and told; `at` is the newest of each."""


class Tokens(Protocol):
    """Who may send and read over HTTP."""

    def tokens(self) -> list[Token]:
        """All tokens that are valid, by name."""

    def add_token(self, token: Token) -> None:
        """BadInputError when there is one of this name already."""

    def revoke_token(self, name: str) -> bool:
        """Whether there was one of this name. It is not valid any more."""


class Store(Inbox, Reader, Ledger, Tokens, Protocol):
    """Where traces live: all roles in one."""

    url: str
    """How it was opened, with any password masked."""

    def check(self) -> None:
        """Raises StoreUnreachableError or SchemaMismatchError, with what to do; returns when the store can be used."""

    def close(self) -> None:
        """Give back connections. The store is not used after it."""


def taken(name: str) -> BadInputError:
    """For a token whose name another one has."""
    return BadInputError(f"there is a token named {name!r} already: revoke it first, or take another name")
