"""Airflow's own record of one run, read from its database: rows, not objects, so that nothing is loaded one by one."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from airflow.models.asset import AssetEvent, AssetModel, association_table  # noqa: TID253  # loaded in an Airflow only: see watcher.open_watcher
from airflow.models.dagrun import DagRun  # noqa: TID253  # same
from airflow.models.renderedtifields import RenderedTaskInstanceFields  # noqa: TID253  # same
from airflow.models.taskinstance import TaskInstance  # noqa: TID253  # same
from airflow.models.taskinstancehistory import TaskInstanceHistory  # noqa: TID253  # same
from airflow.models.taskreschedule import TaskReschedule  # noqa: TID253  # same
from airflow.models.xcom import XComModel  # noqa: TID253  # same
from sqlalchemy import ColumnElement, FromClause, Select, and_, func, literal, select, union_all
from sqlalchemy.orm import Session

from datatracing.context.traceparent import parse_traceparent
from datatracing.model.link import Access, AssetUse
from datatracing_airflow import compat
from datatracing_airflow.tries import Try

CHUNK = 1_000
"""Rows in memory at a time."""
LINKS = 10_000
"""Of one kind, per run."""
RUN = (
    "id",
    "dag_id",
    "run_id",
    "state",
    "queued_at",
    "start_date",
    "end_date",
    "run_type",
    "triggered_by",
    "triggering_user_name",
    "logical_date",
    "data_interval_start",
    "data_interval_end",
    "run_after",
    "clear_number",
    "backfill_id",
    "bundle_version",
    "partition_key",
    "conf",
    "context_carrier",
    "created_dag_version_id",
)
ATTEMPT = (
    "task_id",
    "map_index",
    "try_number",
    "state",
    "scheduled_dttm",
    "queued_dttm",
    "start_date",
    "end_date",
    "pid",
    "operator",
    "custom_operator_name",
    "pool",
    "queue",
    "hostname",
    "executor",
    "rendered_map_index",
    "dag_version_id",
)


class Records:
    """One run in the metadata database. Every query is bounded to the run."""

    def __init__(self, session: Session, dag_id: str, run_id: str) -> None:
        self.session = session
        self.dag_id = dag_id
        self.run_id = run_id

    def run(self) -> Mapping[str, Any] | None:
        """The row of dag_run, or None: it has been deleted."""

        table = _table(DagRun)
        query = select(*compat.present(table, RUN).values()).where(*self._of(table))
        row = self.session.execute(query).mappings().one_or_none()
        return dict(row) if row is not None else None

    def tries(self) -> Iterator[list[Try]]:
        """The rows of one task instance after the other, archived ones included."""
        first = self._first_looks()
        rows = self.session.execute(self._all_tries(), execution_options={"yield_per": CHUNK})
        for _, group in groupby(rows, key=lambda row: (row.task_id, row.map_index)):
            yield [_try(row, first) for row in group]

    def _all_tries(self) -> Select[Any]:

        live, archive = _table(TaskInstance), _table(TaskInstanceHistory)
        rows = union_all(
            select(
                *(archive.c[name] for name in ATTEMPT), literal(1).label("archived"), archive.c.task_instance_id
            ).where(*self._of(archive)),
            select(*(live.c[name] for name in ATTEMPT), literal(0), live.c.id).where(*self._of(live)),
        ).subquery()
        return select(rows).order_by(rows.c.task_id, rows.c.map_index, rows.c.try_number, rows.c.archived.desc())

    def _first_looks(self) -> dict[Any, datetime]:
        """When each rescheduled task instance first gave its place back, by the id of its live row."""

        live, looks = _table(TaskInstance), _table(TaskReschedule)
        query = select(live.c.id, func.min(looks.c.start_date)).join(looks, looks.c.ti_id == live.c.id)
        return {row[0]: row[1] for row in self.session.execute(query.where(*self._of(live)).group_by(live.c.id))}

    def consumed(self) -> Iterator[tuple[str, str, str]]:
        """(dag_id, run_id, uri) of what wrote the assets that this run was started for."""

        event, runs = _table(AssetEvent), _table(DagRun)
        query = (
            select(event.c.source_dag_id, event.c.source_run_id, AssetModel.uri)
            .join(AssetModel, AssetModel.id == event.c.asset_id)
            .join(association_table, association_table.c.event_id == event.c.id)
            .join(runs, runs.c.id == association_table.c.dag_run_id)
            .where(*self._of(runs), event.c.source_run_id.is_not(None))
        )
        for row in self.session.execute(query.distinct().limit(LINKS)):
            yield row[0], row[1], row[2]

    def written(self) -> Mapping[tuple[str, int], list[AssetUse]]:
        """The assets that tasks of this run wrote, by task and map index: also those decided while it ran."""

        event = _table(AssetEvent)
        query = (
            select(event.c.source_task_id, event.c.source_map_index, AssetModel.uri)
            .join(AssetModel, AssetModel.id == event.c.asset_id)
            .where(event.c.source_dag_id == self.dag_id, event.c.source_run_id == self.run_id)
        )
        found: dict[tuple[str, int], list[AssetUse]] = defaultdict(list)
        for task, index, uri in self.session.execute(query.distinct().limit(LINKS)):
            found[task, -1 if index is None else index].append(AssetUse(uri, Access.WRITE))
        return found

    def triggered(self) -> Iterator[tuple[str, str, str]]:
        """(task, dag_id, run_id) of the runs that TriggerDagRunOperators made: the id they keep as an XCom, and the DAG
        as it was rendered."""

        xcom, fields = _table(XComModel), _table(RenderedTaskInstanceFields)
        same = and_(*(xcom.c[name] == fields.c[name] for name in ("dag_id", "run_id", "task_id", "map_index")))
        query = select(xcom.c.task_id, fields.c.rendered_fields, xcom.c.value).join(fields, same)
        for row in self.session.execute(query.where(*self._of(xcom), xcom.c.key == "trigger_run_id").limit(LINKS)):
            dag_id = (row.rendered_fields or {}).get("trigger_dag_id")
            run_id = _deserialized(row.value)
            if isinstance(dag_id, str) and isinstance(run_id, str):
                yield row.task_id, dag_id, run_id

    def at(self, dag_id: str, logical_dates: Iterable[datetime]) -> Iterable[str]:
        """The ids of another DAG's runs at these logical dates. A date belongs to at most one run."""

        runs = _table(DagRun)
        query = select(runs.c.run_id).where(runs.c.dag_id == dag_id, runs.c.logical_date.in_(list(logical_dates)))
        return self.session.scalars(query)

    def carriers(self) -> Iterator[str]:
        """The trace ids that Airflow itself gave to earlier lives of this run, before it was cleared."""

        archive = _table(TaskInstanceHistory)
        for (carrier,) in self.session.execute(
            select(archive.c.context_carrier).where(*self._of(archive)), execution_options={"yield_per": CHUNK}
        ):
            yield from carried(carrier)

    def _of(self, table: FromClause) -> tuple[ColumnElement[bool], ...]:
        return table.c.dag_id == self.dag_id, table.c.run_id == self.run_id


def carried(carrier: Any) -> Iterator[str]:
    """The trace id in a context carrier; Airflow before 3.2 leaves it empty unless OpenTelemetry is on."""
    found = parse_traceparent(carrier.get("traceparent")) if isinstance(carrier, Mapping) else None
    if found:
        yield found.trace_id


def _table(model: Any) -> FromClause:
    table: FromClause = model.__table__
    return table


def _try(row: Any, first: Mapping[Any, datetime]) -> Try:
    values = {name: getattr(row, name) for name in ATTEMPT}
    archived = bool(row.archived)
    return Try(**values, archived=archived, first_look=None if archived else first.get(row.task_instance_id))


def _deserialized(value: Any) -> Any:
    """An XCom that is a plain text is stored as JSON; the column gives it back decoded once, or not at all."""

    if isinstance(value, str) and value.startswith('"'):
        return json.loads(value)
    return value
