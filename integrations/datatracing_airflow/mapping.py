"""What Airflow hands to a hook, as statements of DataTracing. Pure: nothing here looks at a database or a clock.

A worker hands over its own object with the real task; scheduler and api-server hand over a row that belongs to their
session. Of a row only what is loaded already is read: an attribute that has expired would be fetched with a query in
the middle of their transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from datatracing import capture
from datatracing.model.clock import micros, rfc3339
from datatracing.model.event import ErrorInfo, EventKind, Statement, Times
from datatracing.model.link import Access
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing_airflow import links
from datatracing_airflow.states import raw, run_state, task_state

BY_HAND = "the state was set by hand"


def attempt_started(ti: Any, namespace: str) -> Statement:
    """A worker's process is about to execute the task, perhaps not for the first time in this attempt."""
    run = _server_run(ti)
    events = getattr(run, "consumed_asset_events", None) or ()
    return Statement(
        kind=EventKind.STARTED,
        run=_run(ti, namespace),
        span=_key(ti),
        state=State.RUNNING,
        raw_state="running",
        times=Times(started_at=_at(ti.start_date)),
        upstream=tuple(sorted(ti.task.upstream_task_ids)),
        attributes=_task_attributes(ti) | _wait(ti, run),
        links=tuple(links.consumed(events, namespace)),
        assets=links.asset_uses(ti.task.inlets, Access.READ),
    )


def attempt_ended(ti: Any, error: object, namespace: str, at: int) -> Statement:
    """A worker's process has ended the attempt: `ti.state` says how. Only success and failure carry their own end."""
    state = task_state(ti.state)
    success = state is State.SUCCESS
    return Statement(
        kind=EventKind.ENDED,
        run=_run(ti, namespace),
        span=_key(ti),
        state=state,
        raw_state=raw(ti.state),
        times=Times(started_at=_at(ti.start_date), ended_at=_at(ti.end_date) or at),
        upstream=tuple(sorted(ti.task.upstream_task_ids)),
        attributes=_task_attributes(ti) | _wait(ti, _server_run(ti)),
        error=error_info(error),
        links=tuple(links.triggered(ti.task, namespace)) if success else (),
        assets=links.asset_uses(ti.task.outlets, Access.WRITE) if success else (),
    )


def attempt_suspended(ti: Any, namespace: str) -> Statement:
    """The attempt gives its process back and comes again. An operator that waits for the run it triggered does so."""
    deferred = raw(ti.state) == "deferred"
    return Statement(
        kind=EventKind.SUSPENDED,
        run=_run(ti, namespace),
        span=_key(ti),
        state=State.DEFERRED,
        raw_state=raw(ti.state),
        attributes=_wait(ti, _server_run(ti)),
        links=tuple(links.triggered(ti.task, namespace)) if deferred else (),
    )


def record_ended(record: Any, previous: object, error: object, namespace: str, at: int) -> Statement:
    """Somebody other than the worker ended an attempt: the scheduler, or a person through the api-server.

    The api-server does not name a previous state. Only the moment is taken: other times of the row can be an earlier
    attempt's, which the manifest sorts out.
    """
    known = vars(record)
    reporter = "api" if previous is None else "scheduler"
    return Statement(
        kind=EventKind.ENDED,
        run=RunRef(links.ORCHESTRATOR, namespace, known["dag_id"], known["run_id"]),
        span=SpanKey(known["task_id"], known["map_index"], known["try_number"]),
        state=task_state(known["state"]),
        raw_state=raw(known["state"]),
        reporter=reporter,
        times=Times(ended_at=at),
        attributes={"airflow.ended_by": reporter},
        error=error_info(error),
    )


def run_changed(record: Any, message: str, namespace: str) -> Statement:
    """A run began or ended, as the scheduler or the api-server tells it from inside its transaction.

    The scheduler says in one word why a run ended. The api-server says in a sentence that somebody set the state, or,
    before Airflow 3.3, nothing.
    """
    known = vars(record)
    state = known.get("_state")
    over, by_hand = run_state(state).terminal, not message or "manually" in message
    return Statement(
        kind=EventKind.ENDED if over else EventKind.STARTED,
        run=RunRef(links.ORCHESTRATOR, namespace, known["dag_id"], known["run_id"]),
        state=run_state(state),
        raw_state=raw(state),
        reporter="api" if over and by_hand else "scheduler",
        times=Times(
            queued_at=_at(known.get("queued_at")),
            started_at=_at(known.get("start_date")),
            ended_at=_at(known.get("end_date")) if over else None,
        ),
        attributes=run_attributes(known) | ({"airflow.end_reason": message or BY_HAND} if over else {}),
        links=tuple(links.propagated(known.get("conf"), namespace)),
    )


RUN_ATTRIBUTES = (
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
)
"""Columns of Airflow's dag_run that a reader of the trace asks for."""


def run_attributes(columns: Mapping[str, Any]) -> dict[str, Any]:
    """What is set, under `airflow.` and the column's name."""
    return {f"airflow.{name}": plain(columns[name]) for name in RUN_ATTRIBUTES if columns.get(name)}


def plain(value: Any) -> Any:
    """Times as text, enums by value, sets in order: what JSON can say."""
    if isinstance(value, datetime):
        return rfc3339(micros(value))
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return getattr(value, "value", value)


def error_info(error: object) -> ErrorInfo | None:
    """Of an exception, or what Airflow said in words."""
    if error is None or isinstance(error, BaseException):
        return capture.error_info(error, qualified=True)
    return ErrorInfo("airflow", capture.text_of(error))


def _run(ti: Any, namespace: str) -> RunRef:
    return RunRef(links.ORCHESTRATOR, namespace, ti.dag_id, ti.run_id)


def _key(ti: Any) -> SpanKey:
    return SpanKey(ti.task_id, -1 if ti.map_index is None else ti.map_index, ti.try_number)


def _server_run(ti: Any) -> Any:
    """What the api-server told this process about the run, without asking again."""
    return getattr(getattr(ti, "_ti_context_from_server", None), "dag_run", None)


def _wait(ti: Any, run: Any) -> dict[str, Any]:
    waits = links.awaited(ti.task, getattr(run, "logical_date", None))
    return {"airflow.waits_for": waits} if waits else {}


def _task_attributes(ti: Any) -> dict[str, Any]:
    task, dag = ti.task, ti.task.dag
    found = {
        "operator": getattr(task, "operator_name", None) or task.task_type,
        "owner": task.owner,
        "pool": task.pool,
        "queue": task.queue,
        "hostname": getattr(ti, "hostname", None),
        "trigger_rule": task.trigger_rule,
        "max_tries": ti.max_tries,
        "rendered_map_index": ti.rendered_map_index,
        "tags": dag.tags,
    }
    return {f"airflow.{name}": plain(value) for name, value in found.items() if value}


def _at(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)
