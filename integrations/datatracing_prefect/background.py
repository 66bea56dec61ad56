"""Tasks that run outside of any flow, called or handed to a task worker: each is a run of its own, with the task run's
own id, and what it calls is part of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from datatracing.model.event import Times
from datatracing.model.link import Dependency
from datatracing.model.manifest import Manifest
from datatracing_prefect import assets
from datatracing_prefect.manifest import attempts_of, task_attributes
from datatracing_prefect.mapping import PARENTS, error_info, inputs, micros, run_ref
from datatracing_prefect.records import asset_events, histories, name_of
from datatracing_prefect.rest import GoneError, Plain, Rest
from datatracing_prefect.states import FINAL, state
from datatracing_prefect.tries import read_tries

OUTSIDE = {"flow_run_id": {"is_null_": True}}
"""Filter for task runs that belong to no flow run."""


@dataclass(frozen=True)
class Background:
    """`task_runs`: the one that was called from outside, and all those that were called from inside of it."""

    root: Plain
    task_runs: list[Plain]


async def read_background(rest: Rest, task_run_id: str, namespace: str, *, observed_at: int) -> Manifest | None:
    """None when it is not over, or part of another run. GoneError when it has been deleted."""
    root = await rest.get(f"/task_runs/{task_run_id}")
    if root is None:
        raise GoneError(f"Prefect has no task run {task_run_id} any more")
    if root["flow_run_id"] or _parents(root) or root["state_type"] not in FINAL:
        return None
    return await _manifest(rest, root, namespace, observed_at)


async def _manifest(rest: Rest, root: Plain, namespace: str, observed_at: int) -> Manifest:
    task_runs = [root, *await _called_by(rest, root)]
    history = await histories(rest, task_runs)
    used = assets.by_task_run(assets.read_uses(await asset_events(rest, f"prefect.task-run.{root['id']}")))
    names = {each["id"]: name_of(each) for each in task_runs}
    how = state(root["state_type"], root["state_name"])
    attempts = (
        attempt
        for each in task_runs
        for attempt in attempts_of(each, names[each["id"]], read_tries(history[each["id"]]), used.get(each["id"], ()))
    )
    return Manifest(
        run=run_ref(names[root["id"]], root["id"], namespace),
        state=how,
        raw_state=root["state_name"],
        observed_at=observed_at,
        times=Times(history[root["id"]][0].at, None, micros(root["start_time"]), micros(root["end_time"])),
        attempts=tuple(attempts),
        dependencies=tuple(_dependencies(task_runs, names)),
        attributes=task_attributes(root),
        error=error_info(root["state_name"], root["state"]["message"]) if how.failing else None,
    )


async def _called_by(rest: Rest, root: Plain) -> list[Plain]:
    """Of the task runs that began while this one ran, those that name it as a parent, and those that name them."""
    within = {"start_time": {"after_": root["start_time"], "before_": root["end_time"]}} if root["start_time"] else {}
    near = await rest.every("/task_runs/filter", task_runs={**OUTSIDE, **within}) if within else []
    inside, found = {root["id"]}, []
    for each in sorted(near, key=lambda each: (each["expected_start_time"], each["id"])):
        if inside & _parents(each):
            inside.add(each["id"])
            found.append(each)
    return found


def _dependencies(task_runs: Iterable[Plain], names: dict[str, str]) -> Iterable[Dependency]:
    for each in task_runs:
        for _, upstream in inputs(each["task_inputs"]):
            if upstream in names and upstream != each["id"]:
                yield Dependency(names[upstream], names[each["id"]], upstream_key=upstream, downstream_key=each["id"])


def _parents(task_run: Plain) -> set[str]:
    return {found for _, found in inputs({PARENTS: (task_run["task_inputs"] or {}).get(PARENTS, ())})}
