"""What one process has seen of flow runs: just enough to say what is new, and to sum up at the end.

Nothing here is safe to use from two threads; the tracer sees to that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datatracing.model.link import Dependency, Link
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing_prefect.states import RUNNING, state
from datatracing_prefect.tries import Moment, Try, read_tries

FLOW_RUN = "flow_run"
"""The kind of an input that is what a subflow has returned."""
TASKS = 10_000
"""Task runs of one flow run that are remembered after their end. Of the others the events have told everything."""


@dataclass(slots=True)
class TaskSeen:
    """One task run. `inputs` as mapping.inputs has them; `lost_edges`: Prefect could not follow what it was given."""

    task_run_id: str
    inputs: tuple[tuple[str, str], ...] = ()
    untracked: bool = False
    lost_edges: bool = False
    call: bool = False
    """It stands for a flow run, and Prefect's server, which moves it along, has clocks of its own."""
    task: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
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
        if moment.kind == RUNNING and not self.begun:
            self.first = max(1, number)  # what came before was seen by another process
        self.moments.append(moment)
        before, self.tries = self.tries, read_tries(self.moments, first=self.first)
        return [each for each in self.tries if each not in before and (each.number or each.over)]

    @property
    def begun(self) -> bool:
        """Whether it has an attempt."""
        return bool(self.tries) and self.tries[-1].number > 0

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
    elsewhere: bool = False
    """Whether tasks run in processes of which nothing may be heard here."""
    tasks: dict[str, TaskSeen] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    said: set[tuple[int, str]] = field(default_factory=set)
    """The states that have been told of; those from before it began here are only known."""
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
        state = (moment.at, moment.name)
        if state in self.said:
            return False
        self.said.add(state)
        others = (each for each in self.moments if (each.at, each.name) != state)
        self.moments = sorted([*others, moment], key=lambda each: each.at)
        return True

    def edges_known(self, task: TaskSeen) -> bool:
        """See mapping.untracked."""
        lost = self.untrackable_at is not None and self.untrackable_at <= task.called_at
        found = all(self._upstream(*each) for each in task.inputs)
        return found and not task.lost_edges and not (task.untracked and lost)

    def dependencies(self, task: TaskSeen) -> tuple[Dependency, ...]:
        """Of a task run that has begun: then what it waited for has been seen, whichever thread was faster."""
        ends = {each.task_run_id: each for kind, key in task.inputs if (each := self._upstream(kind, key)) is not None}
        ends.pop(task.task_run_id, None)
        return tuple(
            Dependency(each.task, task.task, upstream_key=key, downstream_key=task.task_run_id)
            for key, each in ends.items()
        )

    def remember(self, task: TaskSeen) -> None:
        """And forget the oldest of those that are over, when they become too many."""
        self.tasks[task.task_run_id] = task
        if len(self.tasks) > TASKS:
            over = next((key for key, each in self.tasks.items() if each.over), None)
            self.tasks.pop(over or task.task_run_id)

    def _upstream(self, kind: str, key: str) -> TaskSeen | None:
        """The task run behind an input: itself, or the call of the flow run that it is."""
        return self.tasks.get(self.children.get(key, "") if kind == FLOW_RUN else key)
