"""Completes runs: whatever Dagster says has ended is read from its event log and sealed.

Dagster's log is the queue. The cursor only moves past a run that is stored, so what fails is met again, by any
watcher; a run that is met twice is read once, because the store says what it has. So two watchers do no harm, and
there is no lock that a dead one could keep: at worst they read a run at the same time and store the same.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from datatracing.capture import redaction
from datatracing.errors import StoreUnreachableError
from datatracing.hosting.deleted import close_deleted
from datatracing.hosting.give_up import give_up
from datatracing.hosting.tick import TickResult
from datatracing.model import clock
from datatracing.model.run import RunRef
from datatracing_dagster import trace_link
from datatracing_dagster.cursors import Cursor
from datatracing_dagster.ends import OVERLAP, End, ends
from datatracing_dagster.manifest import read_bare_manifest, read_manifest
from datatracing_dagster.mapping import ORCHESTRATOR, micros
from datatracing_dagster.open_runs import OpenRuns
from datatracing_dagster.records import Records, RunDeletedError
from datatracing_dagster.settings import WatchSettings

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from datatracing.connection import Connection
    from datatracing.store.summary import RunSummary

log = logging.getLogger("datatracing")


class Poller:
    """Of one Dagster instance, into one store. Used by one thread; remembers between ticks what it need not ask."""

    def __init__(self, instance: "DagsterInstance", connection: "Connection", settings: WatchSettings) -> None:
        self.instance = instance
        self.connection = connection
        self.settings = settings
        self.namespace = settings.all.namespace
        self.redactor = redaction(settings.all.capture())
        self.open_runs = OpenRuns(instance, connection, settings)
        self._dealt_with: set[End] = set()

    def hurry(self) -> None:
        """From now on also what has just ended."""
        self.settings = replace(self.settings, all=self.settings.all.model_copy(update={"settle_seconds": 0.0}))

    def tick(self, text: str | None) -> tuple[str, TickResult]:
        """Go on from this cursor, for as long as the budget; the new cursor, and what was done.

        StoreUnreachableError: nothing has moved, the same cursor is good for the next tick.
        """
        cursor, result = Cursor.read(text, self.settings.look_back), TickResult()
        deadline = time.monotonic() + self.settings.budget
        for run_id, end in self._waiting(cursor):
            if run_id:
                self._complete_one(run_id, cursor, result)
            if end:
                self._passed(end, cursor)
            if time.monotonic() > deadline:
                result.more = True
                break
        else:
            self.connection.sweep()
        return cursor.write(), result

    def _waiting(self, cursor: Cursor) -> Iterator[tuple[str, End | None]]:
        """Runs to read, with the end that says so: those that could not be read, those that have ended, the silent.

        Without a run it is an end that the store has: there may be many, so they cost time of the budget too.
        """
        yield from ((run_id, None) for run_id in cursor.due())
        settings = self.settings
        for end in ends(self.instance, cursor, settings.all.settle_seconds, settings.look_back):
            if end not in self._dealt_with:
                known = end.run_id in cursor.again or self._stored(end)
                yield "" if known else end.run_id, end
        yield from ((run_id, None) for run_id in self.open_runs.look() if run_id not in cursor.again)

    def _passed(self, end: End, cursor: Cursor) -> None:
        cursor.seen[end.kind] = max(cursor.seen.get(end.kind, 0), end.number)
        self._dealt_with.add(end)
        if len(self._dealt_with) > 4 * OVERLAP:
            self._dealt_with = {each for each in self._dealt_with if each.number > end.number - OVERLAP}

    def _stored(self, end: End) -> bool:
        """Whether the store has this end of the run already."""
        trace_id = RunRef(ORCHESTRATOR, self.namespace, "", end.run_id).trace_id
        known = self.connection.summaries([trace_id]).get(trace_id)
        return known is not None and known.verdict is not None and (known.times.ended_at or 0) >= micros(end.at)

    def _complete_one(self, run_id: str, cursor: Cursor, result: TickResult) -> None:
        """One run that cannot be read holds up no other; a store that cannot be used holds up all."""
        try:
            self._complete(run_id)
        except StoreUnreachableError:
            raise
        except RunDeletedError:
            close_deleted(self.connection, RunRef(ORCHESTRATOR, self.namespace, "", run_id).trace_id)
            cursor.done(run_id)
        except Exception as error:
            result.failed += 1
            self._failed(run_id, error, again=cursor.failed(run_id))
        else:
            result.completed += 1
            cursor.done(run_id)

    def _complete(self, run_id: str) -> None:
        records, observed_at = Records(self.instance, run_id), clock.now()
        manifest = read_manifest(records, self.namespace, observed_at=observed_at)
        sealed = self.connection.complete(self.redactor.manifest(manifest))
        if self.settings.announce:
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
            give_up(self.connection, trace_id, error)
            self._complete_barely(run_id)

    def _complete_barely(self, run_id: str) -> None:
        """The run is there all the same, and says that something of it is lost."""
        try:
            manifest = read_bare_manifest(Records(self.instance, run_id), self.namespace, observed_at=clock.now())
            self.connection.complete(self.redactor.manifest(manifest))
        except StoreUnreachableError:
            raise
        except Exception:
            log.warning("DataTracing cannot even name run %s", run_id, exc_info=True)
