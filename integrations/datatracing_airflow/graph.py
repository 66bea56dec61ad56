"""The edges of a DAG as Airflow has serialized it: each version read once, at 0.25 s per 1,000 tasks."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from airflow.models.serialized_dag import SerializedDagModel  # noqa: TID253  # loaded in an Airflow only: see watcher.open_watcher
from sqlalchemy import select
from sqlalchemy.orm import Session

from datatracing.capture import guard
from datatracing.model.link import Dependency

KEPT = 64
"""Versions held in memory. A version with runs never changes."""


@dataclass(frozen=True)
class Graph:
    """What one version of a DAG says about its tasks."""

    dependencies: tuple[Dependency, ...] = ()
    owner: str = ""
    tags: tuple[str, ...] = ()
    sensors: bool = False
    """Whether a task waits for another DAG."""


def graph_of(dag: Any) -> Graph:
    """From a deserialized DAG. Setup and teardown are edges like any other."""
    groups = {task.task_id: _mapped_group(task) for task in dag.task_dict.values()}
    edges = (
        Dependency(upstream, task.task_id, same_index=_together(groups, upstream, task.task_id))
        for task in dag.task_dict.values()
        for upstream in sorted(task.upstream_task_ids)
    )
    sensors = any("external_dag_id" in task.template_fields for task in dag.task_dict.values())
    return Graph(tuple(edges), str(dag.owner), tuple(sorted(map(str, dag.tags))), sensors)


def _mapped_group(task: Any) -> str | None:
    group = task.get_closest_mapped_task_group()
    return None if group is None else str(group.group_id)


def _together(groups: dict[str, str | None], upstream: str, downstream: str) -> bool:
    """Inside one mapped task group an instance waits for its own index only."""
    return groups[downstream] is not None and groups.get(upstream) == groups[downstream]


class Graphs:
    """Graphs by DAG version. Used by one thread."""

    def __init__(self) -> None:
        self._known: dict[Any, Graph] = {}

    def of(self, session: Session, dag_id: str, version: Any) -> Graph:
        """The graph of a version; of the newest one where a run, older than versions, names none."""
        if version not in self._known:
            graph = self._read(session, dag_id, version)
            if version is None:
                return graph
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[version] = graph
        return self._known[version]

    def _read(self, session: Session, dag_id: str, version: Any) -> Graph:

        newest = select(SerializedDagModel).where(SerializedDagModel.dag_id == dag_id)
        exact = newest if version is None else newest.where(SerializedDagModel.dag_version_id == version)
        found = session.scalar(exact.order_by(SerializedDagModel.created_at.desc()).limit(1))
        if found is None:
            return Graph()
        # A run whose DAG can no longer be read, for want of a timetable say, is still worth completing.
        with guard("airflow.graph"):
            return graph_of(found.dag)
        return Graph()


def dependencies(tasks: Iterable[tuple[Graph, frozenset[str]]]) -> tuple[Dependency, ...]:
    """The edges of a run whose tasks come from several versions of its DAG: a task's own version names what it waited
    for. So a task that has vanished from the newest version keeps its edges."""
    edges = (edge for graph, own in tasks for edge in graph.dependencies if edge.downstream in own)
    return tuple(dict.fromkeys(edges))
