"""Flow runs that call flow runs, in their own process or as a deployment. A task run in the caller is the call."""

from collections.abc import AsyncIterator

from datatracing.model.link import Direction, Link, LinkKind
from datatracing.model.run import RunRef
from datatracing_prefect.links.ends import other, others
from datatracing_prefect.mapping import DEPLOYMENT_CALL, run_ref
from datatracing_prefect.records import Records, name_of
from datatracing_prefect.rest import Plain


async def children(records: Records, namespace: str) -> AsyncIterator[Link]:
    """Down, to everything that this run has called."""
    keys = {each["id"]: each["task_key"] for each in records.task_runs}
    ends = await others(records, records.calls, namespace)
    for child, task_run in records.calls.items():
        if child in ends and task_run in keys:
            evidence = f"called by task run {records.names[task_run]}"
            yield Link(_kind(keys[task_run]), Direction.DOWN, ends[child], evidence)


async def parent(records: Records, namespace: str) -> AsyncIterator[Link]:
    """Up, to the run that has called this one."""
    called_by = records.run["parent_task_run_id"]
    task_run = await records.rest.get(f"/task_runs/{called_by}") if called_by else None
    if task_run is None:
        return
    end = await _caller(records, task_run, namespace)
    if end is not None:
        evidence = f"called by task run {name_of(task_run)}"
        yield Link(_kind(task_run["task_key"]), Direction.UP, end, evidence)


async def _caller(records: Records, task_run: Plain, namespace: str) -> RunRef | None:
    """A task that runs in the background, outside of any flow, is a run of its own."""
    if task_run["flow_run_id"]:
        return await other(records, task_run["flow_run_id"], namespace)
    return run_ref(name_of(task_run), task_run["id"], namespace)


def _kind(task_key: str) -> LinkKind:
    return LinkKind.TRIGGERED if task_key.startswith(DEPLOYMENT_CALL) else LinkKind.CHILD
