"""What one process has seen of flow runs: just enough to say what is new, and to sum up at the end.

Nothing here is safe to use from two threads; the tracer sees to that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from datatracing.model.link import Dependency, Link
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing_prefect.states import RUNNING, state
from datatracing_prefect.tries import Moment, Try, read_tries

TASKS = 20_000
"""Task runs of one flow run that are remembered after their end. Of the others the events have told everything."""


@dataclass(slots=True)
class TaskSeen:
    """One task run. `lost_edges`: what it was given came from where Prefect, or this process, could not follow."""

    task: str
    task_run_id: str
    attributes: Mapping[str, Any]
    dependencies: tuple[Dependency, ...] = ()
    untracked: bool = False
    lost_edges: bool = False
    called_at: int = 0
    first: int = 1
    moments: list[Moment] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)

    def moved(self, moment: Moment, number: int) -> list[Try]:
        """The attempts that a state has changed. `number`: how often the task run has run by now, as Prefect counts."""
        if any((each.at, each.name) == (moment.at, moment.name) for each in self.moments):
            return []
        if not self.moments:
            self.called_at = moment.at
        if moment.kind == RUNNING and not any(each.number for each in self.tries):
            self.first = max(1, number)  # what came before was seen by another process
        self.moments.append(moment)
        before, self.tries = self.tries, read_tries(self.moments, first=self.first)
        return [each for each in self.tries if each not in before and (each.number or each.over)]

    @property
    def over(self) -> bool:
        """Whether it has ended for good."""
        return bool(self.tries) and self.tries[-1].state in _FOR_GOOD


_FOR_GOOD = frozenset(each for each in State if each.terminal and each is not State.RETRIED)


@dataclass(slots=True)
class FlowSeen:
    """One flow run. `attributes` are its root's; `call` names the task run of another flow run that stands for it."""

    run: RunRef
    attributes: Mapping[str, Any]
    scheduled_at: int | None = None
    tasks: dict[str, TaskSeen] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    children: dict[str, str] = field(default_factory=dict)
    """The task runs that stand for calls of flows, by the flow run's id."""
    links: dict[Link, None] = field(default_factory=dict)
    untrackable_at: int | None = None
    """When a task first returned something without an identity of its own."""

    @property
    def started_at(self) -> int | None:
        """When it began to run, as far as this process knows."""
        return next((each.at for each in self.moments if each.kind == RUNNING), None)

    @property
    def over(self) -> bool:
        """Whether the last that was seen is an end."""
        return bool(self.moments) and self.state.terminal

    @property
    def state(self) -> State:
        """By the last that was seen."""
        last = self.moments[-1]
        return state(last.kind, last.name)

    @property
    def open_tasks(self) -> bool:
        """Whether some task run goes on."""
        return any(not each.over for each in self.tasks.values())

    def moved(self, moment: Moment) -> bool:
        """Whether a state is new."""
        if any((each.at, each.name) == (moment.at, moment.name) for each in self.moments):
            return False
        self.moments.append(moment)
        return True

    def edges_known(self, task: TaskSeen) -> bool:
        """See mapping.untracked."""
        lost = self.untrackable_at is not None and self.untrackable_at <= task.called_at
        return not (task.lost_edges or (task.untracked and lost))

    def remember(self, task: TaskSeen) -> None:
        """And forget the oldest of those that are over, when they become too many."""
        self.tasks[task.task_run_id] = task
        if len(self.tasks) > TASKS:
            over = next((key for key, each in self.tasks.items() if each.over), None)
            self.tasks.pop(over or task.task_run_id)

    def upstream(self, task_run_id: str, kind: str) -> TaskSeen | None:
        """The task run behind an input: itself, or the call of the flow run that it is."""
        return self.tasks.get(self.children.get(task_run_id, "") if kind == "flow_run" else task_run_id)

    def named(
        self, found: Iterable[tuple[str, str]], task: str, task_run_id: str
    ) -> tuple[tuple[Dependency, ...], bool]:
        """Edges for a task run's inputs, and whether all of them have been found."""
        ends = [self.upstream(each, kind) for kind, each in found if each != task_run_id]
        known = {each.task_run_id: each for each in ends if each is not None}
        edges = (
            Dependency(each.task, task, upstream_key=each.task_run_id, downstream_key=task_run_id)
            for each in known.values()
        )
        return tuple(edges), None not in ends
