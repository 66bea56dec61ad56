"""The other end of a link."""

from datatracing.model.run import RunRef
from datatracing_dagster.mapping import run_ref
from datatracing_dagster.records import Records


def other(records: Records, run_id: str | None, namespace: str) -> RunRef | None:
    """The run with this id, if it is another one and Dagster still has it."""
    if not run_id or run_id == records.run_id:
        return None
    run = records.instance.get_run_by_id(run_id)
    return run_ref(run, namespace) if run is not None else None
