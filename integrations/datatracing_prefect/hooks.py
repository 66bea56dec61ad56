"""The hook that flows get. A function of a module: Prefect pickles flows, and what belongs to an object would keep them
from running in a pool of processes."""

from collections.abc import Mapping
from typing import Any

from datatracing.capture import guard
from datatracing_prefect import compat
from datatracing_prefect.mapping import micros
from datatracing_prefect.tracer import Tracer, tracer
from datatracing_prefect.tries import moment_of

LISTS = ("on_running_hooks", "on_completion_hooks", "on_failure_hooks", "on_cancellation_hooks", "on_crashed_hooks")
"""Where a flow keeps its hooks, by state."""


def datatracing(flow: Any, flow_run: Any, state: Any) -> None:
    """Prefect calls this when the run has gone into another state, in whatever process that is.

    Where Prefect's client is overheard, the state has been told already; this is how a flow run is found to be traced.
    """
    with guard("prefect.hook"):
        tracing = tracer()
        if tracing is not None:
            begin(tracing, flow, flow_run)
            tracing.flow_moved(str(flow_run.id), moment_of(state))


def attach(flow: Any) -> None:
    """Before the flow's own hooks, because one of those may end the process. Idempotent.

    Into lists of its own: with_options hands the same lists to another flow.
    """
    for name in LISTS:
        hooks = getattr(flow, name)
        if datatracing not in hooks:
            setattr(flow, name, [datatracing, *hooks])


def has_hooks(flow: Any) -> bool:
    """Whether the flow is traced. `with_options(on_running=...)` leaves the others."""
    return any(datatracing in getattr(flow, name, ()) for name in LISTS)


def begin(tracing: Tracer, flow: Any, flow_run: Any) -> None:
    """The run is traced from now on."""
    if not tracing.known(str(flow_run.id)):
        attributes = _attributes(flow, flow_run, values=tracing.settings.parameter_values)
        due = micros(flow_run.expected_start_time)
        tracing.begin(flow.name, str(flow_run.id), attributes, due, elsewhere=compat.runs_elsewhere(flow))


def _attributes(flow: Any, flow_run: Any, *, values: bool) -> Mapping[str, Any]:
    """What people look for in a run. What it was given by name only, unless the settings ask for more."""
    parameters = flow_run.parameters or {}
    deployment = flow_run.deployment_id
    found = {
        "prefect.flow_run": flow_run.name,
        "prefect.flow_version": flow_run.flow_version or flow.version,
        "prefect.tags": sorted(flow_run.tags or ()),
        "prefect.parameters": dict(parameters) if values else sorted(parameters),
        "prefect.deployment": str(deployment) if deployment else None,
        "prefect.work_pool": getattr(flow_run, "work_pool_name", None),
        "prefect.work_queue": getattr(flow_run, "work_queue_name", None),
    }
    return {name: value for name, value in found.items() if value}
