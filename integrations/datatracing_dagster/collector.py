"""Completes runs: whatever Dagster says has ended is read from its event log and sealed.

Dagster's log is the queue. The cursor only moves past a run that is stored, so what fails is met again, by any
collector; a run that is met twice is read once, because the store says what it has. So two collectors do no harm, and
there is no lock that a dead one could keep: at worst they read a run at the same time and store the same.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dagster import RunStatusChangeRecordsFilter  # noqa: TID253  # only a Dagster loads this

from datatracing.capture import redaction
from datatracing.errors import StoreUnreachableError
from datatracing.model import clock
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.run import RunRef
from datatracing_dagster import compat, trace_link
from datatracing_dagster.cursors import Cursor
from datatracing_dagster.manifest import read_manifest
from datatracing_dagster.mapping import ORCHESTRATOR, micros
from datatracing_dagster.open_runs import OpenRuns
from datatracing_dagster.records import Records
from datatracing_dagster.settings import CollectorSettings

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from datatracing.connection import Connection
    from datatracing.store.port import RunSummary

log = logging.getLogger("datatracing")

OVERLAP = 50
"""Numbers that are looked at again: on Postgres an event may be committed after one with a higher number."""
PAGE = 100


@dataclass
class Tally:
    """What one tick has done. `more`: its time was over before there was nothing left."""

    collected: int = 0
    failed: int = 0
    more: bool = False

    def __str__(self) -> str:
        parts = [f"{self.collected} runs collected"]
        parts += [f"{self.failed} could not be read"] if self.failed else []
        return ", ".join(parts + (["more are waiting"] if self.more else []))


@dataclass(frozen=True)
class _End:
    """Dagster says that a run has ended. `kind` and `number` are those of the event that says so."""

    run_id: str
    kind: str
    number: int
    at: float
    status: str


class Collector:
    """Of one Dagster instance, into one store. Used by one thread."""

    def __init__(self, instance: "DagsterInstance", connection: "Connection", settings: CollectorSettings) -> None:
        self.instance = instance
        self.connection = connection
        self.settings = settings
        self.namespace = settings.all.namespace
        self.redactor = redaction(settings.all.capture())
        self.open_runs = OpenRuns(instance, connection, settings)

    def tick(self, text: str | None) -> tuple[str, Tally]:
        """Go on from this cursor, for as long as the budget; the new cursor, and what was done.

        StoreUnreachableError: nothing has moved, the same cursor is good for the next tick.
        """
        cursor, tally = Cursor.read(text), Tally()
        deadline = time.monotonic() + self.settings.budget
        for run_id in list(cursor.again):
            self._collect(run_id, cursor, tally)
        for kind in compat.ENDS:
            for end in self._ends(kind, cursor):
                if time.monotonic() > deadline:
                    tally.more = True
                    return cursor.write(), tally
                if not self._stored(end):
                    self._collect(end.run_id, cursor, tally)
                cursor.seen[end.kind] = max(cursor.seen.get(end.kind, 0), end.number)
        for run_id in self.open_runs.look():
            self._collect(run_id, cursor, tally, lost=True)
        self.connection.sweep()
        return cursor.write(), tally

    def _ends(self, kind: Any, cursor: Cursor) -> Iterator[_End]:
        """Ends behind the cursor, oldest first, up to those that are too fresh: steps may still be speaking."""
        settled = time.time() - self.settings.all.settle_seconds
        where = self._behind(kind, cursor)
        while records := self.instance.fetch_run_status_changes(where, limit=PAGE, ascending=True).records:
            for record in records:
                entry = record.event_log_entry
                if entry.timestamp > settled:
                    return
                yield _End(entry.run_id, kind.name, record.storage_id, entry.timestamp, kind.name)
            where = RunStatusChangeRecordsFilter(event_type=kind, after_storage_id=records[-1].storage_id)

    def _behind(self, kind: Any, cursor: Cursor) -> RunStatusChangeRecordsFilter:
        if kind.name in cursor.seen:
            after = max(0, cursor.seen[kind.name] - OVERLAP)
            return RunStatusChangeRecordsFilter(event_type=kind, after_storage_id=after)
        return RunStatusChangeRecordsFilter(event_type=kind, after_timestamp=time.time() - self.settings.look_back)

    def _stored(self, end: _End) -> bool:
        """Whether the store has this end of the run already."""
        trace_id = RunRef(ORCHESTRATOR, self.namespace, "", end.run_id).trace_id
        known = self.connection.summaries([trace_id]).get(trace_id)
        sealed = known is not None and known.sealed_at is not None and known.times.ended_at is not None
        return sealed and known is not None and (known.times.ended_at or 0) >= micros(end.at)

    def _collect(self, run_id: str, cursor: Cursor, tally: Tally, *, lost: bool = False) -> None:
        """One run that cannot be read holds up no other; a store that does not answer holds up all."""
        try:
            self._complete(run_id, lost=lost)
        except StoreUnreachableError:
            raise
        except LookupError:
            cursor.done(run_id)  # deleted since: there is nothing left to read
        except Exception as error:
            tally.failed += 1
            self._failed(run_id, error, again=cursor.failed(run_id))
        else:
            tally.collected += 1
            cursor.done(run_id)

    def _complete(self, run_id: str, *, lost: bool) -> None:
        records, observed_at = Records(self.instance, run_id), clock.now()
        manifest = read_manifest(records, self.namespace, observed_at=observed_at, lost=lost)
        sealed = self.connection.complete(self.redactor.manifest(manifest))
        if self.settings.announce and not lost:
            self._announce(records, sealed)

    def _announce(self, records: Records, sealed: "RunSummary") -> None:
        try:
            trace_link.announce(records, sealed, self.settings.all.ui_url)
        except Exception:
            log.warning("DataTracing could not write a link into the log of run %s", records.run_id, exc_info=True)

    def _failed(self, run_id: str, error: Exception, *, again: bool) -> None:
        log.warning("DataTracing could not read run %s%s", run_id, "" if again else "; it is given up", exc_info=error)
        if not again:
            trace_id = RunRef(ORCHESTRATOR, self.namespace, "", run_id).trace_id
            reason = f"the collector could not read the run: {type(error).__name__}"
            self.connection.lose([LedgerEntry(Fate.LOST, reason, 1, clock.now(), trace_id)])
