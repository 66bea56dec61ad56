"""Airflow's final record of a run as a manifest. Law 4: this is the truth at completion."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from datatracing.model.clock import micros
from datatracing.model.event import Times
from datatracing.model.link import Confidence, Dependency, Direction, Link, LinkKind
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.run import RunRef
from datatracing_airflow import links
from datatracing_airflow.graph import Graph, Graphs, dependencies
from datatracing_airflow.mapping import run_attributes
from datatracing_airflow.records import Records, carried
from datatracing_airflow.states import FINISHED_RUNS, NO_STATE, raw, run_state
from datatracing_airflow.tries import attempts


@dataclass
class _Read:
    """What one pass over the tries of a run gives."""

    attempts: list[Attempt] = field(default_factory=list)
    tasks: dict[Any, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Task ids by the version of the DAG that they ran."""

    @property
    def began(self) -> int | None:
        return min((each.times.started_at for each in self.attempts if each.times.started_at is not None), default=None)


def finished(run: Mapping[str, Any] | None) -> bool:
    """Whether Airflow's record says that the run is over."""
    return run is not None and run["state"] in FINISHED_RUNS


def read_manifest(
    records: Records,
    run: Mapping[str, Any],
    graphs: Graphs,
    namespace: str,
    *,
    observed_at: int,
    waits: Callable[[], Iterable[Mapping[str, Any]]] = tuple,
) -> Manifest:
    """Every attempt of every task instance of the run, with edges, times and links.

    `run` is `records.run()`, `observed_at` the moment before it was read. `waits` gives what the run's sensors have
    said they wait for, as `links.awaited` writes it; it is only asked where the DAG has such a sensor.
    """
    read = _tries(records)
    graph, edges = _edges(records, run, graphs, read.tasks)
    reference = RunRef(links.ORCHESTRATOR, namespace, run["dag_id"], run["run_id"])
    return Manifest(
        run=reference,
        state=run_state(run["state"]),
        raw_state=raw(run["state"]) or NO_STATE,
        observed_at=observed_at,
        times=_times(run, read.began),
        attempts=tuple(read.attempts),
        dependencies=edges,
        links=tuple(_links(records, run, namespace, waits() if graph.sensors else ())),
        attributes=_attributes(run, graph),
        aliases=tuple(sorted({*carried(run.get("context_carrier")), *_earlier(records, run)})),
    )


def _tries(records: Records) -> _Read:
    read, written = _Read(), records.written()
    for tries in records.tries():
        last = tries[-1]
        read.attempts += attempts(tries, written.get((last.task_id, last.map_index), ()))
        for each in tries:
            read.tasks[each.dag_version_id].add(each.task_id)
    return read


def _edges(
    records: Records, run: Mapping[str, Any], graphs: Graphs, tasks: Mapping[Any, set[str]]
) -> tuple[Graph, tuple[Dependency, ...]]:
    """The graph of the version that the run was made with, and the edges of all versions its tasks ran."""
    read = [(graphs.of(records.session, records.dag_id, version), frozenset(own)) for version, own in tasks.items()]
    made_with = graphs.of(records.session, records.dag_id, run.get("created_dag_version_id"))
    return made_with, dependencies(read)


def _times(run: Mapping[str, Any], began: int | None) -> Times:
    """A run that was cleared has the start of its last life in Airflow's row, and tasks from before it. A trace is the
    whole life of a run: it starts with the first of them. How long it was queued is then no longer known."""
    started = _at(run["start_date"])
    if began is not None and (started is None or began < started):
        started = began
    return Times(queued_at=_at(run["queued_at"]), started_at=started, ended_at=_at(run["end_date"]))


def _attributes(run: Mapping[str, Any], graph: Graph) -> dict[str, Any]:
    found = {"airflow.owner": graph.owner, "airflow.tags": list(graph.tags)}
    return run_attributes(run) | {name: value for name, value in found.items() if value}


def _links(
    records: Records, run: Mapping[str, Any], namespace: str, waits: Iterable[Mapping[str, Any]]
) -> Iterator[Link]:
    for dag_id, run_id, uri in records.consumed():
        yield links.asset_source(dag_id, run_id, uri, namespace)
    for task_id, dag_id, run_id in records.triggered():
        yield links.triggered_run(dag_id, run_id, task_id, namespace)
    yield from links.propagated(run.get("conf"), namespace)
    yield from _backfill(run, namespace)
    for wait in waits:
        yield from _waited_for(records, wait, namespace)


def _backfill(run: Mapping[str, Any], namespace: str) -> Iterator[Link]:
    """A backfill is not a run, but it is what its runs have in common: it stands among the DAG's runs by its number."""
    if run.get("backfill_id") is not None:
        made_by = RunRef(links.ORCHESTRATOR, namespace, run["dag_id"], f"backfill:{run['backfill_id']}")
        yield Link(LinkKind.BACKFILL_OF, Direction.UP, made_by, f"backfill {run['backfill_id']} of the DAG")


def _waited_for(records: Records, wait: Mapping[str, Any], namespace: str) -> Iterator[Link]:
    """Inferred: a sensor names a date, and the run of that date may have been deleted and made again since."""
    dag_id, dates = str(wait["dag_id"]), _dates(wait["logical_dates"])
    for run_id in records.at(dag_id, dates) if dates else ():
        waited_for = RunRef(links.ORCHESTRATOR, namespace, dag_id, run_id)
        evidence = f"a sensor waited for {dag_id} at its logical date"
        yield Link(LinkKind.WAITED_FOR, Direction.UP, waited_for, evidence, Confidence.INFERRED)


def _dates(texts: Sequence[str]) -> list[datetime]:
    return [datetime.fromisoformat(text.replace("Z", "+00:00")) for text in texts]


def _earlier(records: Records, run: Mapping[str, Any]) -> Iterator[str]:
    return records.carriers() if run.get("clear_number") else iter(())


def _at(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)
