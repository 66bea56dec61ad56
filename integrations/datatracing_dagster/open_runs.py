"""Runs that are not over: they are shown as open, and given up when nothing was heard of them for too long.

Dagster's own run monitoring is off by default, so a run whose worker was killed stays STARTED for ever.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from dagster import DagsterRunStatus, RunsFilter  # noqa: TID253  # only a Dagster loads this

from datatracing.hosting.begun import begun
from datatracing.model import codec
from datatracing.model.event import Times
from datatracing.model.states import State
from datatracing_dagster import compat
from datatracing_dagster.mapping import micros, run_ref
from datatracing_dagster.settings import WatchSettings

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from datatracing.connection import Connection

LIMIT = 500
"""Begun runs that are looked at in one tick, the newest first."""
PAGE = 100
PRODUCER = "dagster"


class OpenRuns:
    """Remembers what it has said and what is stored, so that each watcher asks and speaks once per run."""

    def __init__(self, instance: "DagsterInstance", connection: "Connection", settings: WatchSettings) -> None:
        self.instance = instance
        self.connection = connection
        self.settings = settings
        self._said: set[str] = set()
        self._over: set[str] = set()

    def look(self) -> Iterator[str]:
        """Say which runs have begun; the ids of those that are to be stored as lost."""
        records = self.instance.get_run_records(RunsFilter(statuses=[DagsterRunStatus.STARTED]), limit=LIMIT)
        self._say([record for record in records if record.dagster_run.run_id not in self._said])
        self._said &= {record.dagster_run.run_id for record in records}
        yield from (record.dagster_run.run_id for record in self._old() if self._given_up(record))

    def _say(self, records: list[Any]) -> None:
        if records:
            self.connection.accept([self._begun(record) for record in records])
            self._said.update(record.dagster_run.run_id for record in records)

    def _begun(self, record: Any) -> bytes:
        run, status = run_ref(record.dagster_run, self.settings.all.namespace), DagsterRunStatus.STARTED.value
        at = micros(record.start_time or record.create_timestamp.timestamp())
        return codec.dumps(begun(run, State.RUNNING, status, Times(started_at=at)).event(PRODUCER, 0, at))

    def _old(self) -> Iterator[Any]:
        """Runs at work whose record has not changed for too long, whatever their number."""
        oldest = datetime.fromtimestamp(self._oldest(), timezone.utc)
        where = RunsFilter(statuses=list(compat.AT_WORK), created_before=oldest, updated_before=oldest)
        cursor = None
        while records := self.instance.get_run_records(where, limit=PAGE, cursor=cursor):
            yield from records
            cursor = records[-1].dagster_run.run_id

    def _oldest(self) -> float:
        return time.time() - self.settings.stale

    def _given_up(self, record: Any) -> bool:
        """Silent for long enough, and not stored as lost already."""
        run = record.dagster_run
        if run.run_id in self._over:
            return False
        last = self.instance.get_records_for_run(run.run_id, limit=1, ascending=False).records
        if last and last[0].event_log_entry.timestamp > self._oldest():
            return False
        trace_id = run_ref(run, self.settings.all.namespace).trace_id
        known = self.connection.summaries([trace_id]).get(trace_id)
        if known is None or known.verdict is None:
            return True
        self._over.add(run.run_id)
        return False
