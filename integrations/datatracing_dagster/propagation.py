"""For causes that Dagster does not know: a sensor, a script or another orchestrator names them in a run's tags."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from datatracing.context.traceparent import Traceparent
from datatracing.model.ids import root_span_id
from datatracing.model.run import RunRef
from datatracing_dagster.links.propagated import CAUSED_BY, TRACEPARENT
from datatracing_dagster.mapping import ORCHESTRATOR

if TYPE_CHECKING:
    from dagster import RunRequest


def propagation_tags(run: Any) -> dict[str, str]:
    """Tags for a run that this run causes. `run` is a DagsterRun, or any context that has `job_name` and `run_id`."""
    trace_id = RunRef(ORCHESTRATOR, "", run.job_name, run.run_id).trace_id
    return {
        CAUSED_BY: f"{ORCHESTRATOR}:{run.job_name}/{run.run_id}",
        TRACEPARENT: str(Traceparent(trace_id, root_span_id(trace_id))),
    }


def run_request(*, caused_by: Any, tags: Mapping[str, Any] | None = None, **request: Any) -> "RunRequest":
    """A RunRequest that names its cause. `caused_by` as for propagation_tags; the rest is RunRequest's own."""
    from dagster import RunRequest

    return RunRequest(tags={**propagation_tags(caused_by), **(tags or {})}, **request)
