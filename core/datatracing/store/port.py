"""The store port: what every store promises. The contract suite in `datatracing.testing` holds each sentence.

All times are microseconds since the epoch, all ids lower-case hex. A store is safe to use from many threads. Every
method raises StoreUnreachableError when the store does not answer; none raises a driver's own error.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from datatracing.access.visibility import EVERYTHING, Visibility
from datatracing.errors import BadInputError
from datatracing.inbox.row import InboxRow
from datatracing.model.completeness import Completeness
from datatracing.model.event import Times
from datatracing.model.fate import Books, Fate, LedgerEntry
from datatracing.model.link import AssetUse, Link
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing.model.token import Token
from datatracing.model.verdict import Verdict


@dataclass(frozen=True)
class RunSummary:
    """The one row per run that is kept for ever. `verdict` None: the run has not been sealed yet (it is open).

    `inbox_rows` and `fingerprint` say what was folded: a re-seal with the same fingerprint changes nothing.
    """

    run: RunRef
    state: State
    raw_state: str | None = None
    times: Times = Times()
    revision: int = 0
    verdict: Verdict | None = None
    fate: Fate | None = None
    fate_reason: str = ""
    completeness: Completeness = Completeness()
    books: Books = Books()
    counts: Mapping[str, int] = field(default_factory=dict)
    sealed_at: int | None = None
    inbox_rows: int = 0
    fingerprint: str = ""
    unknown_fields: Mapping[str, int] = field(default_factory=dict)
    """How many statements had this field, or word in it, of a release that knows more than this one."""

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        return self.run.trace_id

    @property
    def duration(self) -> int | None:
        """Microseconds from start to end; None while either is not known."""
        if self.times.started_at is None or self.times.ended_at is None:
            return None
        return max(0, self.times.ended_at - self.times.started_at)


@dataclass(frozen=True)
class SpanRow:
    """A task span as a lean row for SQL statistics."""

    span_id: str
    task: str
    map_index: int
    attempt: int
    state: State
    times: Times


@dataclass(frozen=True)
class Sealed:
    """Everything one seal writes, in one transaction. `detail` None: sampling dropped it, the skeleton stays (law 5).

    `skeleton` and `detail` are zlib-compressed JSON, each the whole list `spans` of the trace document, ready to be
    served; the skeleton's has no attributes and no errors. `links` are seen from this run. `assets` are by span id.
    """

    summary: RunSummary
    skeleton: bytes
    detail: bytes | None
    spans: Sequence[SpanRow] = ()
    links: Sequence[Link] = ()
    assets: Sequence[tuple[str, AssetUse]] = ()
    aliases: Sequence[str] = ()
    ledger: Sequence[LedgerEntry] = ()


@dataclass(frozen=True)
class RunFilter:
    """Which runs to list. Empty fields do not restrict; `pipeline` is a glob with * and ?, case-sensitive.

    `visibility` is what the reader may see: no other run is listed, counted or paged over (law 8). `since` and
    `slower_than` are microseconds.
    """

    orchestrator: str | None = None
    namespace: str | None = None
    pipeline: str | None = None
    run_id: str | None = None
    state: State | None = None
    since: int | None = None
    slower_than: int | None = None
    visibility: Visibility = EVERYTHING


@dataclass(frozen=True)
class Page:
    """Runs, the newest first (see `paging.order_at`; those without any time come last), and the cursor that continues
    the list, if there is more of it."""

    runs: tuple[RunSummary, ...]
    cursor: str | None = None


def taken(name: str) -> BadInputError:
    """For a token whose name another one has."""
    return BadInputError(f"there is a token named {name!r} already: revoke it first, or take another name")


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


class Store(Protocol):
    """Where traces live."""

    url: str
    """How it was opened, with any password masked."""

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

    def record(self, entries: Sequence[LedgerEntry]) -> None:
        """Add to the ledger."""

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """Add to the ledger what may be told again: of entries that differ in nothing but `count` and `told`, the
        largest of each is kept, whatever order they come in."""

    def ledger(self, trace_id: str | None = None, limit: int = 100) -> list[LedgerEntry]:
        """The newest entries, of one run or of all."""

    def totals(self, trace_id: str) -> list[LedgerEntry]:
        """The run's whole ledger added up by fate, reason, producer, namespace and told; `at` is the newest of each."""

    def tokens(self) -> list[Token]:
        """All tokens that are valid, by name."""

    def add_token(self, token: Token) -> None:
        """BadInputError when there is one of this name already."""

    def revoke_token(self, name: str) -> bool:
        """Whether there was one of this name. It is not valid any more."""

    def check(self) -> None:
        """Raises StoreUnreachableError or SchemaMismatchError, with what to do; returns when the store can be used."""

    def close(self) -> None:
        """Give back connections. The store is not used after it."""
