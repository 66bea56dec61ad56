"""What a run was meant to do: its steps and their edges, from the snapshot of its execution plan."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from datatracing.model.link import Dependency
from datatracing_dagster.mapping import step, unresolved


@dataclass(frozen=True)
class Source:
    """Where a dynamic step has its mapping keys from."""

    task: str
    output: str


@dataclass
class Plan:
    """Tasks by name; a task that is `mapped` has an instance per mapping key."""

    tasks: set[str] = field(default_factory=set)
    """Those that this run was asked for: a re-execution may have been asked for a part."""
    mapped: dict[str, Source] = field(default_factory=dict)
    upstream: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """Edges between tasks of this run; along a mapped chain each instance has its own."""
        return tuple(
            Dependency(up, down, same_index=up in self.mapped and down in self.mapped)
            for down in sorted(self.upstream)
            for up in sorted(self.upstream[down])
            if down in self.tasks and up in self.tasks
        )

    def ancestors(self, task: str) -> set[str]:
        """All tasks before this one."""
        found: set[str] = set()
        waiting = [task]
        while waiting:
            new = self.upstream.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found

    def keys(self, task: str, produced: Mapping[Source, list[str]]) -> list[str]:
        """The mapping keys of a mapped task, given what dynamic outputs have yielded."""
        return produced.get(self.mapped[task], [])


def read_plan(snapshot: Any | None) -> Plan:
    """Empty when there was no plan."""
    plan = Plan()
    if snapshot is None:
        return plan
    plan.tasks = {step(key)[0] for key in snapshot.step_keys_to_execute or (each.key for each in snapshot.steps)}
    steps = {each.key: each for each in snapshot.steps}
    for each in snapshot.steps:
        task, _ = step(each.key)
        plan.upstream[task] |= {step(up.step_key)[0] for up in _handles(each)}
        if unresolved(each.key) and (source := _source(each, steps)) is not None:
            plan.mapped[task] = source
    return plan


def _handles(each: Any) -> Iterator[Any]:
    return (handle for entry in each.inputs for handle in entry.upstream_output_handles)


def _source(each: Any, steps: Mapping[str, Any]) -> Source | None:
    """Up the mapped chain to the step whose output is dynamic: the first before it that is not mapped itself.

    A mapped step may also wait for steps that are not dynamic; which of its inputs is, its input's source says.
    """
    for entry in each.inputs:
        for handle in entry.upstream_output_handles:
            if unresolved(handle.step_key):
                return _source(steps[handle.step_key], steps)
            if _dynamic(entry, handle, steps):
                return Source(handle.step_key, handle.output_name)
    return None


def _dynamic(entry: Any, handle: Any, steps: Mapping[str, Any]) -> bool:
    if type(entry.source).__name__ == "FromPendingDynamicStepOutput":
        return True
    outputs = steps[handle.step_key].outputs if handle.step_key in steps else ()
    return any(output.name == handle.output_name and _is_dynamic(output) for output in outputs)


def _is_dynamic(output: Any) -> bool:
    properties = getattr(output, "properties", None)
    return bool(getattr(properties, "is_dynamic", False))
