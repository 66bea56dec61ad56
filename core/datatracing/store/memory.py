"""A store that lives and dies with its process: for tests and for looking at one run."""

import threading
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from datatracing.access.visibility import EVERYTHING, Visibility
from datatracing.errors import BadInputError, StoreUnreachableError
from datatracing.inbox.row import InboxRow
from datatracing.model.fate import LedgerEntry, grown
from datatracing.model.link import Link
from datatracing.model.run import RunRef
from datatracing.model.token import Token
from datatracing.store.edges import from_other_end, strongest
from datatracing.store.glob import Glob
from datatracing.store.paging import LAST, NEVER, Place, checked_limit, order_at, place, place_of
from datatracing.store.port import EVERY, taken
from datatracing.store.sealed import Sealed
from datatracing.store.search import Page, RunFilter
from datatracing.store.summary import RunSummary
from datatracing.store.trace_key import trace_key

LOCK_PATIENCE = 10.0
"""Seconds to wait for another sealing of the same trace."""


@dataclass(frozen=True)
class _StoredRun:
    """`sealed` None: the run is open."""

    number: int
    summary: RunSummary
    sealed: Sealed | None = None


class MemorySealing:
    """What one sealing block wants to change; the store takes it over when the block ends."""

    def __init__(self, store: "MemoryStore", trace_id: str) -> None:
        self._store = store
        self._trace_id = trace_id
        self.ledger: list[LedgerEntry] = []
        self.wanted: _StoredRun | None = None

    def inbox(self) -> list[InboxRow]:
        """See Sealing."""
        return self._store.inbox(self._trace_id)

    def summary(self) -> RunSummary | None:
        """See Sealing."""
        known = self.wanted or self._store.stored(self._trace_id)
        return known.summary if known else None

    def write(self, sealed: Sealed) -> None:
        """See Sealing."""
        self._want(sealed.summary, sealed)
        self.ledger.extend(sealed.ledger)

    def open(self, summary: RunSummary) -> None:
        """See Sealing."""
        known = self.wanted or self._store.stored(self._trace_id)
        if known is None or known.sealed is None:
            self._want(summary, None)

    def _want(self, summary: RunSummary, sealed: Sealed | None) -> None:
        if summary.trace_id != self._trace_id:
            raise BadInputError(f"run {summary.trace_id} cannot be written while {self._trace_id} is held")
        known = self.wanted or self._store.stored(self._trace_id)
        self.wanted = _StoredRun(known.number if known else self._store.next_number(), summary, sealed)


class MemoryStore:
    """See Store. `_lock` guards every collection; a sealing holds only its own trace's lock while it works."""

    url = "memory://"
    can = EVERY

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._sealings: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._inbox: dict[str, dict[tuple[str, int, int], InboxRow]] = defaultdict(dict)
        self._deliveries: list[str] = []
        self._runs: dict[str, _StoredRun] = {}
        self._named: dict[str, RunRef] = {}
        self._ledger: list[LedgerEntry] = []
        # Where in the ledger a reported entry stands, by all of it but the count.
        self._reported: dict[LedgerEntry, int] = {}
        self._tokens: dict[str, Token] = {}
        # So that a run that cannot be sealed does not stand in the way of the others.
        self._times_named: Counter[str] = Counter()
        self._number = 0

    def append(self, rows: Sequence[InboxRow]) -> int:
        """See Store."""
        for row in rows:
            trace_key(row.trace_id)
        with self._lock:
            before = sum(len(self._inbox[row.trace_id]) for row in {row.trace_id: row for row in rows}.values())
            for row in rows:
                if self._inbox[row.trace_id].setdefault((row.producer, row.seq, row.n), row) is row:
                    self._deliveries.append(row.trace_id)
            return sum(len(self._inbox[trace_id]) for trace_id in {row.trace_id for row in rows}) - before

    @contextmanager
    def sealing(self, trace_id: str) -> Iterator[MemorySealing]:
        """See Store."""
        trace_key(trace_id)
        with self._lock:
            held = self._sealings[trace_id]
        if not held.acquire(timeout=LOCK_PATIENCE):
            raise StoreUnreachableError(f"run {trace_id} is being sealed by somebody else; try again")
        try:
            sealing = MemorySealing(self, trace_id)
            yield sealing
            self._take_over(sealing)
        finally:
            held.release()

    def inbox(self, trace_id: str) -> list[InboxRow]:
        """See Store."""
        trace_key(trace_id)
        with self._lock:
            return list(self._inbox.get(trace_id, {}).values())

    def weight(self, trace_id: str) -> tuple[int, int]:
        """See Store."""
        rows = self.inbox(trace_id)
        return len(rows), sum(len(row.payload) for row in rows)

    def unfolded(self, limit: int) -> list[str]:
        """See Store."""
        with self._lock:
            waiting = [trace_id for trace_id, rows in self._inbox.items() if len(rows) > self._folded(trace_id)]
            taken = sorted(waiting, key=self._times_named.__getitem__)[: checked_limit(limit)]
            self._times_named.update(taken)
        return taken

    def delivered(self, limit: int) -> list[str]:
        """See Store."""
        with self._lock:
            newest = self._deliveries[-checked_limit(limit) :]
        return list(dict.fromkeys(reversed(newest)))

    def behind(self, trace_ids: Iterable[str]) -> list[str]:
        """See Store."""
        with self._lock:
            asked = dict.fromkeys(trace_ids)
            return [each for each in asked if len(self._inbox.get(each, ())) > self._folded(each)]

    def run(self, trace_id: str, visibility: Visibility = EVERYTHING) -> RunSummary | None:
        """See Store."""
        trace_key(trace_id)
        with self._lock:
            known = self._runs.get(trace_id)
            found = [*([known.summary] if known else []), *self._by_alias(trace_id)]
        return next((summary for summary in found if visibility.sees(summary.run)), None)

    def runs(self, where: RunFilter, limit: int, cursor: str | None = None) -> Page:
        """See Store."""
        at = None if cursor is None else place(cursor)
        with self._lock:
            listed = [run for run in self._runs.values() if _matches(where, run.summary)]
        found = sorted((run for run in listed if at is None or _order(run) < _after(at, listed)), key=_order)[::-1]
        here = [run.summary for run in found[: checked_limit(limit)]]
        return Page(tuple(here), place_of(here[-1]).cursor() if len(found) > len(here) else None)

    def spans(self, trace_id: str) -> bytes | None:
        """See Store."""
        known = self.stored(trace_id)
        if known is None or known.sealed is None:
            return None
        sealed = known.sealed
        return zlib.decompress(sealed.skeleton if sealed.detail is None else sealed.detail)

    def links(self, trace_id: str) -> list[Link]:
        """See Store."""
        trace_key(trace_id)
        with self._lock:
            said = [
                replace(link, run=self._named[link.run.trace_id])
                if run.summary.trace_id == trace_id
                else from_other_end(link, run.summary.run)
                for run in self._runs.values()
                for link in (run.sealed.links if run.sealed else ())
                if trace_id in {run.summary.trace_id, link.run.trace_id}
            ]
        return strongest(said)

    def identities(self, trace_ids: Sequence[str]) -> dict[str, RunRef]:
        """See Store."""
        for trace_id in trace_ids:
            trace_key(trace_id)
        with self._lock:
            return {trace_id: self._runs[trace_id].summary.run for trace_id in trace_ids if trace_id in self._runs}

    def record(self, entries: Sequence[LedgerEntry]) -> None:
        """See Store."""
        _check(entries)
        with self._lock:
            self._ledger.extend(entries)

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """See Store."""
        _check(entries)
        with self._lock:
            for entry in entries:
                place = self._reported.setdefault(replace(entry, count=0, told=0), len(self._ledger))
                if place == len(self._ledger):
                    self._ledger.append(entry)
                self._ledger[place] = grown(self._ledger[place], entry)

    def ledger(self, trace_id: str | None = None, limit: int = 100) -> list[LedgerEntry]:
        """See Store."""
        if trace_id is not None:
            trace_key(trace_id)
        with self._lock:
            newest = self._ledger[::-1]
        newest.sort(key=lambda entry: entry.at, reverse=True)
        return [entry for entry in newest if trace_id in {None, entry.trace_id}][: checked_limit(limit)]

    def totals(self, trace_id: str) -> list[LedgerEntry]:
        """See Store."""
        trace_key(trace_id)
        added: dict[LedgerEntry, LedgerEntry] = {}
        with self._lock:
            for entry in self._ledger:
                if entry.trace_id == trace_id:
                    key = replace(entry, count=0, at=0)
                    known = added.get(key, key)
                    added[key] = replace(known, count=known.count + entry.count, at=max(known.at, entry.at))
        return list(added.values())

    def tokens(self) -> list[Token]:
        """See Store."""
        with self._lock:
            return [self._tokens[name] for name in sorted(self._tokens)]

    def add_token(self, token: Token) -> None:
        """See Store."""
        with self._lock:
            if self._tokens.setdefault(token.name, token) is not token:
                raise taken(token.name)

    def revoke_token(self, name: str) -> bool:
        """See Store."""
        with self._lock:
            return self._tokens.pop(name, None) is not None

    def check(self) -> None:
        """See Store."""

    def close(self) -> None:
        """See Store."""

    def stored(self, trace_id: str) -> _StoredRun | None:
        """What is stored under exactly this trace id."""
        trace_key(trace_id)
        with self._lock:
            return self._runs.get(trace_id)

    def next_number(self) -> int:
        """Counts runs, as a database's identity column does."""
        with self._lock:
            self._number += 1
            return self._number

    def _take_over(self, sealing: MemorySealing) -> None:
        with self._lock:
            self._ledger.extend(sealing.ledger)
            if (wanted := sealing.wanted) is None:
                return
            self._runs[wanted.summary.trace_id] = wanted
            self._named[wanted.summary.trace_id] = wanted.summary.run
            for link in wanted.sealed.links if wanted.sealed else ():
                self._named.setdefault(link.run.trace_id, link.run)

    def _folded(self, trace_id: str) -> int:
        known = self._runs.get(trace_id)
        return known.summary.inbox_rows if known else 0

    def _by_alias(self, alias: str) -> list[RunSummary]:
        if self._inbox.get(alias):
            return []
        sealed = [run.sealed for run in self._runs.values() if run.sealed and alias in run.sealed.aliases]
        return sorted((each.summary for each in sealed), key=_earliest)


def _check(entries: Sequence[LedgerEntry]) -> None:
    for entry in entries:
        if entry.trace_id:
            trace_key(entry.trace_id)


def _earliest(summary: RunSummary) -> tuple[bool, int, str]:
    started_at = summary.times.started_at
    return started_at is None, started_at or 0, summary.trace_id


def _order(run: _StoredRun) -> tuple[int, int]:
    return order_at(run.summary), run.number


def _after(at: Place, listed: Iterable[_StoredRun]) -> tuple[int, int]:
    """Behind nothing of its moment where it is none of those listed."""
    return at.order_at, next((run.number for run in listed if run.summary.trace_id == at.trace_id), LAST)


def _matches(where: RunFilter, summary: RunSummary) -> bool:
    run = summary.run
    began, duration = order_at(summary), summary.duration
    return (
        where.orchestrator in {None, run.orchestrator}
        and where.namespace in {None, run.namespace}
        and (where.pipeline is None or Glob(where.pipeline).regex.fullmatch(run.pipeline) is not None)
        and where.run_id in {None, run.run_id}
        and where.state in {None, summary.state}
        and (where.since is None or NEVER < began >= where.since)
        and (where.slower_than is None or (duration is not None and duration > where.slower_than))
        and where.visibility.sees(run)
    )
