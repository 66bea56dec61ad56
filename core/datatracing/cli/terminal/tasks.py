"""The spans of a trace document as tasks, instances and attempts, in the order in which the work could happen."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datatracing.cli.terminal.times import at

UNMAPPED = -1
NEVER = 2**63


@dataclass(frozen=True)
class Attempt:
    """One task span. Times are microseconds; None is not known."""

    span_id: str
    task: str
    map_index: int
    number: int
    state: str
    scheduled_at: int | None
    queued_at: int | None
    started_at: int | None
    ended_at: int | None
    depends_on: Sequence[str]
    error: Mapping[str, Any] | None

    @property
    def first_at(self) -> int | None:
        """When anything happened first."""
        return next(
            (t for t in (self.scheduled_at, self.queued_at, self.started_at, self.ended_at) if t is not None), None
        )

    @property
    def waited(self) -> int | None:
        """From being ready to run until it ran."""
        ready = next((t for t in (self.scheduled_at, self.queued_at) if t is not None), None)
        return None if ready is None or self.started_at is None else max(0, self.started_at - ready)


@dataclass
class Task:
    """A task and all attempts of its instances, by map index."""

    name: str
    instances: dict[int, list[Attempt]] = field(default_factory=lambda: defaultdict(list))

    @property
    def mapped(self) -> bool:
        """Whether it has instances of its own to fold."""
        return any(index != UNMAPPED for index in self.instances)

    def attempts(self) -> list[Attempt]:
        """All of them, by map index and number."""
        return [attempt for index in sorted(self.instances) for attempt in self.instances[index]]

    def last_states(self) -> list[str]:
        """How each instance stands, by its last attempt."""
        return [self.instances[index][-1].state for index in sorted(self.instances)]


def tasks_of(spans: Iterable[Mapping[str, Any]]) -> list[Task]:
    """Upstream before downstream, and earlier before later where both could go first."""
    attempts = [_attempt(span) for span in spans if span["level"] == "task"]
    tasks: dict[str, Task] = {}
    for attempt in sorted(attempts, key=lambda each: each.number):
        tasks.setdefault(attempt.task, Task(attempt.task)).instances[attempt.map_index].append(attempt)
    return _in_order(tasks, _upstream(attempts))


def _attempt(span: Mapping[str, Any]) -> Attempt:
    return Attempt(
        span_id=span["span_id"],
        task=span["task"] or "",
        map_index=span["map_index"],
        number=span["attempt"],
        state=span["state"],
        scheduled_at=at(span["scheduled_at"]),
        queued_at=at(span["queued_at"]),
        started_at=at(span["started_at"]),
        ended_at=at(span["ended_at"]),
        depends_on=span["depends_on"],
        error=span["error"],
    )


def _upstream(attempts: Iterable[Attempt]) -> dict[str, set[str]]:
    task_of = {each.span_id: each.task for each in attempts}
    upstream: dict[str, set[str]] = {task: set() for task in task_of.values()}
    for each in attempts:
        upstream[each.task].update(
            task for span in each.depends_on if (task := task_of.get(span)) not in {None, each.task}
        )
    return upstream


def _in_order(tasks: Mapping[str, Task], upstream: Mapping[str, set[str]]) -> list[Task]:
    """Tasks that never started stand where they would have: behind the last one that they waited for.

    Kahn's algorithm. A cycle cannot come from an orchestrator but from a forged event; its tasks come last, by name.
    """
    waiting = {name: set(upstream[name]) for name in tasks}
    downstream: dict[str, set[str]] = defaultdict(set)
    for name, ups in upstream.items():
        for up in ups:
            downstream[up].add(name)
    placed: dict[str, int] = {}
    ready = [(_first(tasks[name], 0), name) for name, ups in waiting.items() if not ups]
    heapq.heapify(ready)
    while ready:
        when, name = heapq.heappop(ready)
        placed[name] = when
        for down in downstream[name]:
            waiting[down].discard(name)
            if not waiting[down]:
                after = max(_last(tasks[up], placed[up]) for up in upstream[down])
                heapq.heappush(ready, (_first(tasks[down], after), down))
    return [tasks[name] for name in (*placed, *sorted(tasks.keys() - placed.keys()))]


def _first(task: Task, otherwise: int) -> int:
    return min((t for each in task.attempts() if (t := each.first_at) is not None), default=otherwise)


def _last(task: Task, otherwise: int) -> int:
    return max((t for each in task.attempts() if (t := each.ended_at) is not None), default=otherwise)
