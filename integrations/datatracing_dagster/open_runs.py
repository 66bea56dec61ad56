"""Runs that are not over: they are shown as open, and given up when nothing was heard of them for too long.

Dagster's own run monitoring is off by default, so a run whose worker was killed stays STARTED for ever.
"""

import time
from typing import TYPE_CHECKING, Any

from dagster import DagsterRunStatus, RunsFilter  # noqa: TID253  # only a Dagster loads this

from datatracing.model import codec
from datatracing.model.event import Event, EventKind, Times
from datatracing_dagster import compat
from datatracing_dagster.mapping import micros, run_ref
from datatracing_dagster.settings import CollectorSettings
from datatracing_dagster.states import run_state

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from datatracing.connection import Connection

LIMIT = 500
"""Runs that are looked at in one tick, the newest first."""
PRODUCER = "dagster"


class OpenRuns:
    """Remembers what it has said, so that each run is announced once by each process."""

    def __init__(self, instance: "DagsterInstance", connection: "Connection", settings: CollectorSettings) -> None:
        self.instance = instance
        self.connection = connection
        self.settings = settings
        self._said: set[str] = set()

    def look(self) -> list[str]:
        """Say which runs have begun; the ids of those that are to be stored as lost."""
        records = self.instance.get_run_records(RunsFilter(statuses=list(compat.OPEN)), limit=LIMIT)
        begun = [record for record in records if record.dagster_run.status is DagsterRunStatus.STARTED]
        self._say([record for record in begun if record.dagster_run.run_id not in self._said])
        return [record.dagster_run.run_id for record in records if self._given_up(record)]

    def _say(self, records: list[Any]) -> None:
        if records:
            self.connection.accept([codec.dumps(self._begun(record)) for record in records])
            self._said.update(record.dagster_run.run_id for record in records)

    def _begun(self, record: Any) -> Event:
        """The same statement whoever makes it: it counts once."""
        started = micros(record.start_time or record.create_timestamp.timestamp())
        return Event(
            kind=EventKind.STARTED,
            run=run_ref(record.dagster_run, self.settings.all.namespace),
            producer=PRODUCER,
            seq=0,
            at=started,
            state=run_state(DagsterRunStatus.STARTED),
            raw_state=DagsterRunStatus.STARTED.value,
            reporter="scheduler",
            times=Times(started_at=started),
        )

    def _given_up(self, record: Any) -> bool:
        """Old enough, silent for long enough, and not stored as lost already."""
        oldest = time.time() - self.settings.stale
        if record.create_timestamp.timestamp() > oldest or record.update_timestamp.timestamp() > oldest:
            return False
        run = record.dagster_run
        last = self.instance.get_records_for_run(run.run_id, limit=1, ascending=False).records
        if last and last[0].event_log_entry.timestamp > oldest:
            return False
        trace_id = run_ref(run, self.settings.all.namespace).trace_id
        known = self.connection.summaries([trace_id]).get(trace_id)
        return known is None or known.verdict is None
