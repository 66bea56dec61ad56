"""The other end of a link."""

from collections.abc import Iterable, Mapping

from datatracing.model.run import RunRef
from datatracing_prefect.mapping import run_ref
from datatracing_prefect.records import Records
from datatracing_prefect.rest import PAGE

Ends = Mapping[str, RunRef]


async def others(records: Records, run_ids: Iterable[str], namespace: str) -> Ends:
    """Those of the flow runs that are other ones than this, and that Prefect still has, by id."""
    wanted = sorted({run_id for run_id in run_ids if run_id and run_id != records.run_id})
    found: dict[str, RunRef] = {}
    for start in range(0, len(wanted), PAGE):
        where = {"id": {"any_": wanted[start : start + PAGE]}}
        for run in await records.rest.every("/flow_runs/filter", flow_runs=where):
            if name := await records.rest.flow_name(run["flow_id"]):
                found[run["id"]] = run_ref(name, run["id"], namespace)
    return found


async def other(records: Records, run_id: str, namespace: str) -> RunRef | None:
    """The flow run with this id, if it is another one and Prefect still has it."""
    return (await others(records, [run_id], namespace)).get(run_id)
