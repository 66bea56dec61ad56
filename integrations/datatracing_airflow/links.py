"""Which other runs caused this one, and which it caused, as far as one task or one run row can tell. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from datatracing.context.traceparent import parse_traceparent
from datatracing.model.link import Access, AssetUse, Direction, Link, LinkKind
from datatracing.model.run import RunRef

ORCHESTRATOR = "airflow"
CONSUMED_LIMIT = 100
"""Asset events that one task repeats. The manifest has all of them, once."""


def triggered(task: Any, namespace: str) -> Iterator[Link]:
    """The run that a TriggerDagRunOperator has made: it leaves the id on itself, rendered or generated.

    Only to be asked once the task has triggered: a task that failed may have chosen an id that somebody else's run has.
    """
    dag_id, run_id = getattr(task, "trigger_dag_id", None), getattr(task, "trigger_run_id", None)
    if isinstance(dag_id, str) and isinstance(run_id, str):
        yield triggered_run(dag_id, run_id, str(task.task_id), namespace)


def triggered_run(dag_id: str, run_id: str, task_id: str, namespace: str) -> Link:
    """From the parent to the child. Airflow keeps no reference in the other direction."""
    child = RunRef(ORCHESTRATOR, namespace, dag_id, run_id)
    return Link(LinkKind.TRIGGERED, Direction.DOWN, child, f"task {task_id} triggered it")


def consumed(events: Iterable[Any], namespace: str) -> Iterator[Link]:
    """The runs that wrote the assets this run was started for. An event from outside of Airflow names no run."""
    for _, event in zip(range(CONSUMED_LIMIT), events, strict=False):
        if event.source_dag_id and event.source_run_id:
            yield asset_source(event.source_dag_id, event.source_run_id, event.asset.uri, namespace)


def asset_source(dag_id: str, run_id: str, uri: str, namespace: str) -> Link:
    """From the run that an asset started to the run that wrote the asset."""
    source = RunRef(ORCHESTRATOR, namespace, dag_id, run_id)
    return Link(LinkKind.ASSET, Direction.UP, source, f"asset {uri}")


def propagated(conf: Any, namespace: str) -> Iterator[Link]:
    """The trace whose `traceparent` somebody put into the run's conf."""
    caller = parse_traceparent(conf.get("traceparent")) if isinstance(conf, Mapping) else None
    if caller:
        run = RunRef.foreign(namespace, caller.trace_id)
        yield Link(LinkKind.PROPAGATED, Direction.UP, run, f"traceparent in the run's conf, span {caller.span_id}")


def awaited(task: Any, logical_date: datetime | None) -> dict[str, Any] | None:
    """What an ExternalTaskSensor waits for: `dag_id` and `logical_dates`. Which run that is, only the database knows.

    The sensor writes the dates down when it looks. Before, they are known unless the user's own function makes them.
    """
    dag_id = getattr(task, "external_dag_id", None)
    if not isinstance(dag_id, str) or not hasattr(task, "external_dates_filter"):
        return None
    if task.external_dates_filter:
        return {"dag_id": dag_id, "logical_dates": str(task.external_dates_filter).split(",")}
    if logical_date is None or getattr(task, "execution_date_fn", None) is not None:
        return None
    delta = getattr(task, "execution_delta", None) or timedelta(0)
    return {"dag_id": dag_id, "logical_dates": [(logical_date - delta).isoformat()]}


def asset_uses(assets: Any, access: Access) -> tuple[AssetUse, ...]:
    """The assets among a task's inlets or outlets; aliases and references carry no URI yet."""
    uris = (getattr(each, "uri", None) for each in assets or ())
    return tuple(AssetUse(uri, access) for uri in uris if isinstance(uri, str))
