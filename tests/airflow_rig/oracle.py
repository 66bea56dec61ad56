"""What Airflow's own tables say about a run. Plain SQL, none of our code: this is what a trace is held against."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import RowMapping, create_engine, text

from tests.conformance.account import Account, Attempt, Edge, LinkEnd, Times

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
COLUMNS = "task_id, map_index, try_number, state, scheduled_dttm, queued_dttm, start_date, end_date"
ATTEMPTS = f"""
  SELECT {COLUMNS}, task_instance_id AS ti FROM task_instance_history WHERE dag_id = :dag AND run_id = :run
  UNION ALL
  SELECT {COLUMNS}, id AS ti FROM task_instance WHERE dag_id = :dag AND run_id = :run
  ORDER BY task_id, map_index, try_number
"""
FIRST_STARTS = """
  SELECT ti_id AS ti, MIN(start_date) AS at FROM task_reschedule
  WHERE ti_id IN (SELECT id FROM task_instance WHERE dag_id = :dag AND run_id = :run) GROUP BY ti_id
"""
READERS = """
  SELECT dag_run.dag_id, dag_run.run_id FROM asset_event
  JOIN dagrun_asset_event ON event_id = asset_event.id JOIN dag_run ON dag_run.id = dag_run_id
  WHERE source_dag_id = :dag AND source_run_id = :run
"""
WRITERS = """
  SELECT source_dag_id, source_run_id FROM dag_run
  JOIN dagrun_asset_event ON dag_run_id = dag_run.id JOIN asset_event ON event_id = asset_event.id
  WHERE dag_run.dag_id = :dag AND dag_run.run_id = :run AND source_run_id IS NOT NULL
"""


class Oracle:
    """Reads one metadata database, which may be in use."""

    def __init__(self, database: str) -> None:
        self.engine = create_engine(database)

    def close(self) -> None:
        """Give back connections."""
        self.engine.dispose()

    def account(self, dag: str, run: str) -> Account:
        """Everything about one run, as of now."""
        (row,) = self._rows("SELECT * FROM dag_run WHERE dag_id = :dag AND run_id = :run", dag=dag, run=run)
        return Account(
            orchestrator="airflow",
            pipeline=dag,
            run_id=run,
            state=_STATES[row["state"]],
            raw_state=row["state"],
            times=Times(None, _micros(row["queued_at"]), _micros(row["start_date"]), _micros(row["end_date"])),
            attempts=tuple(self._attempts(dag, run)),
            edges=frozenset(edges(self._serialized(dag))),
            links=frozenset((*self._triggers(dag, run), *self._assets(dag, run))),
        )

    def state(self, dag: str, run: str) -> str | None:
        """The run's state, or None while there is no such run."""
        return next(
            iter(self._column("SELECT state FROM dag_run WHERE dag_id = :dag AND run_id = :run", dag, run)), None
        )

    def ended(self, dag: str, run: str) -> int:
        """How many attempts have ended."""
        tables = ("task_instance", "task_instance_history")
        counted = "SELECT COUNT(*) FROM {} WHERE dag_id = :dag AND run_id = :run AND end_date IS NOT NULL"
        return sum(int(self._column(counted.format(table), dag, run)[0]) for table in tables)

    def runs(self, dag: str) -> list[str]:
        """Ids of all runs of a DAG, oldest first."""
        return self._column("SELECT run_id FROM dag_run WHERE dag_id = :dag ORDER BY id", dag)

    def schedulers(self) -> int:
        """How many schedulers are running."""
        running = "SELECT COUNT(*) AS n FROM job WHERE job_type = 'SchedulerJob' AND state = 'running'"
        return int(self._rows(running)[0]["n"])

    def at_work(self, dag: str, run: str) -> set[str]:
        """Tasks whose own code runs, or ran: they said so in an XCom."""
        said = "SELECT task_id FROM xcom WHERE dag_id = :dag AND run_id = :run AND key = 'at_work'"
        return set(self._column(said, dag, run))

    def attempts(self, dag: str, run: str, task: str) -> int:
        """How often a task that is not mapped has been tried."""
        newest = (
            "SELECT MAX(try_number) AS n FROM task_instance WHERE dag_id = :dag AND run_id = :run AND task_id = :task"
        )
        return int(self._rows(newest, dag=dag, run=run, task=task)[0]["n"])

    def _attempts(self, dag: str, run: str) -> Iterator[Attempt]:
        first = {row["ti"]: row["at"] for row in self._first_starts(dag, run)}
        rows = self._rows(ATTEMPTS, dag=dag, run=run)
        last = {(row["task_id"], row["map_index"]): row["try_number"] for row in rows}
        for row in rows:
            followed = row["try_number"] < last[row["task_id"], row["map_index"]]
            yield Attempt(
                task=row["task_id"],
                map_index=row["map_index"],
                attempt=row["try_number"],
                state="retried" if followed and row["state"] == "failed" else _STATES[row["state"]],
                raw_state=row["state"] or "none",
                times=_times(row, first.get(row["ti"])),
            )

    def _first_starts(self, dag: str, run: str) -> list[RowMapping]:
        # A rescheduled attempt's own start_date is that of its last look.
        return self._rows(FIRST_STARTS, dag=dag, run=run)

    def _triggers(self, dag: str, run: str) -> Iterator[LinkEnd]:
        """A parent's task keeps the id of the run it made as an XCom; the child has no word about its parent."""
        for row in self._rows("SELECT dag_id, run_id, task_id, value FROM xcom WHERE key = 'trigger_run_id'"):
            parent = (row["dag_id"], row["run_id"])
            task = next(each for each in _tasks(self._serialized(row["dag_id"])) if each["task_id"] == row["task_id"])
            child = (task["trigger_dag_id"], _unpacked(row["value"]))
            if parent == (dag, run):
                yield LinkEnd("triggered", "down", _name(*child))
            if child == (dag, run):
                yield LinkEnd("triggered", "up", _name(*parent))

    def _assets(self, dag: str, run: str) -> Iterator[LinkEnd]:
        yield from (LinkEnd("asset", "down", _name(*row.values())) for row in self._rows(READERS, dag=dag, run=run))
        yield from (LinkEnd("asset", "up", _name(*row.values())) for row in self._rows(WRITERS, dag=dag, run=run))

    def _serialized(self, dag: str) -> dict[str, Any]:
        newest = "SELECT data FROM serialized_dag WHERE dag_id = :dag ORDER BY created_at DESC LIMIT 1"
        return _unpacked(self._column(newest, dag)[0])["dag"]

    def _column(self, query: str, dag: str = "", run: str = "") -> list[Any]:
        return [next(iter(row.values())) for row in self._rows(query, dag=dag, run=run)]

    def _rows(self, query: str, **parameters: str) -> list[RowMapping]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query), parameters).mappings())


_STATES = {
    # Airflow has not looked at the task yet, and in a run that is over never will.
    None: "cancelled",
    "scheduled": "scheduled",
    "queued": "queued",
    "running": "running",
    "deferred": "deferred",
    "up_for_reschedule": "deferred",
    "up_for_retry": "retried",
    "restarting": "running",
    "success": "success",
    "failed": "failed",
    "skipped": "skipped",
    "upstream_failed": "upstream_failed",
    "removed": "removed",
}


def edges(serialized: dict[str, Any]) -> Iterator[Edge]:
    """The DAG's edges; those inside one mapped task group join instances of the same index."""
    groups = dict(_mapped_groups(serialized["task_group"]))
    for task in _tasks(serialized):
        up = task["task_id"]
        for down in task.get("downstream_task_ids", ()):
            yield Edge(up, down, same_index=up in groups and groups[up] == groups.get(down))


def _mapped_groups(group: dict[str, Any], mapped: str = "") -> Iterator[tuple[str, str]]:
    """Each task inside a mapped group, with that group's id."""
    own = group["_group_id"] if group.get("is_mapped") else mapped
    for name, (kind, child) in group["children"].items():
        if kind == "taskgroup":
            yield from _mapped_groups(child, own)
        elif own:
            yield name, own


def _tasks(serialized: dict[str, Any]) -> list[dict[str, Any]]:
    return [each["__var"] for each in serialized["tasks"]]


def _unpacked(value: Any) -> Any:
    """A JSON column: SQLite gives text, Postgres what it means, and an XCom may be JSON inside of JSON."""
    while isinstance(value, str) and value[:1] in {'"', "{"}:
        value = json.loads(value)
    return value


def _name(dag: str, run: str) -> str:
    return f"airflow:{dag}/{run}"


def _times(row: RowMapping, first: datetime | str | None) -> Times:
    scheduled, queued, started, ended = (
        _micros(row[name]) for name in ("scheduled_dttm", "queued_dttm", "start_date", "end_date")
    )
    looked = _micros(first)
    return Times(scheduled, queued, min(looked, started) if looked and started else started, ended)


def _micros(moment: datetime | str | None) -> int | None:
    """SQLite has times as text without a zone, which is UTC."""
    if moment is None:
        return None
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return ((moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)) - EPOCH) // timedelta(microseconds=1)
