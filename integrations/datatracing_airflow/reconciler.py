"""Finds the runs that are finished in Airflow and not in the store: scheduler or agent was killed between a hook and
the completion, the store was away for too long, or this plugin was installed after they ended.

Two schedulers that find the same run do no harm: completing it twice changes nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun  # noqa: TID253  # loaded in an Airflow only: see watcher.open_watcher
from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.orm import Session

from datatracing.errors import DataTracingError
from datatracing.hosting.deleted import open_runs
from datatracing.model.clock import micros
from datatracing.model.run import RunRef
from datatracing_airflow import links, session
from datatracing_airflow.agenda import RunId
from datatracing_airflow.states import FINISHED_RUNS

if TYPE_CHECKING:
    from datatracing.connection import Connection
    from datatracing.store.summary import RunSummary

LOOK_BACK = timedelta(days=1)
"""Runs that changed longer ago are left alone."""
OVERLAP = timedelta(minutes=5)
"""A transaction may stamp a row long before it commits it."""
PAGE = 500


class Reconciler:
    """Remembers how far it has looked, and looks again from the first run that was not in the store."""

    def __init__(self, connection: "Connection", namespace: str, look_back: timedelta = LOOK_BACK) -> None:
        self.connection = connection
        self.namespace = namespace
        self.look_back = look_back
        self._watermark: datetime | None = None

    def missed(self) -> list[RunId]:
        """Finished runs that the store does not hold as Airflow has them, the longest unchanged first; then open ones
        that Airflow has no more."""
        # Before Airflow's session is opened, which must not wait for what the store still has to fold.
        names = self._open()
        with session.reading() as opened:
            found = [row for page in self._pages(opened) for row in self._unknown(page)]
            deleted = sorted(names - _there(opened, names))
        if found:
            self._watermark = found[0].updated_at
        return [*((row.dag_id, row.run_id) for row in found), *deleted]

    def _open(self) -> set[RunId]:
        """Those that Airflow has no more were deleted: by a person, or by `airflow tasks test`, which made them."""
        try:
            runs = open_runs(self.connection, links.ORCHESTRATOR, self.namespace)
        except DataTracingError:  # this token may complete runs and not list them
            return set()
        return {(run.run.pipeline, run.run.run_id) for run in runs}

    def _pages(self, opened: Session) -> Iterator[Sequence[Any]]:
        oldest = datetime.now(timezone.utc) - self.look_back
        since, after = max(oldest, (self._watermark or oldest) - OVERLAP), 0
        while page := _page(opened, since, after):
            yield page
            since, after = page[-1].updated_at, page[-1].id
        self._watermark = since

    def _unknown(self, rows: Sequence[Any]) -> list[Any]:
        ids = {row.id: self._trace_id(row) for row in rows}
        known = self.connection.summaries(ids.values())
        return [row for row in rows if not _same(row, known.get(ids[row.id]))]

    def _trace_id(self, row: Any) -> str:
        return RunRef(links.ORCHESTRATOR, self.namespace, row.dag_id, row.run_id).trace_id


def _there(opened: Session, names: set[RunId]) -> set[RunId]:
    """Those of the runs that Airflow has."""
    table = DagRun.__table__.c
    query = select(table.dag_id, table.run_id).where(tuple_(table.dag_id, table.run_id).in_(sorted(names)))
    return {(row.dag_id, row.run_id) for row in opened.execute(query)} if names else set()


def _same(row: Any, known: "RunSummary | None") -> bool:
    """Whether the sealed run is this end of it: a run that was cleared, or marked by hand, ends once more."""
    if known is None or known.sealed_at is None or known.raw_state != row.state:
        return False
    return row.end_date is None or (known.times.ended_at or 0) >= micros(row.end_date)


def _page(opened: Session, since: datetime, after: int) -> Sequence[Any]:
    """The next finished runs in the order in which they changed, behind the run `after` of the moment `since`."""

    table = DagRun.__table__.c
    later = or_(table.updated_at > since, and_(table.updated_at == since, table.id > after))
    query = select(table.id, table.dag_id, table.run_id, table.state, table.end_date, table.updated_at)
    return opened.execute(
        query.where(later, table.state.in_(FINISHED_RUNS)).order_by(table.updated_at, table.id).limit(PAGE)
    ).all()
