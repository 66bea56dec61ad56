"""Causes that a caller has named: a W3C traceparent in a parameter or label, or the trace that Prefect's own
OpenTelemetry has handed on.
"""

from collections.abc import AsyncIterator
from typing import Any

from datatracing.context.traceparent import parse_traceparent
from datatracing.model.link import Confidence, Direction, Link, LinkKind
from datatracing.model.run import RunRef
from datatracing_prefect.links.ends import other, others
from datatracing_prefect.records import Records
from datatracing_prefect.rest import PAGE, Plain

TRACEPARENT = "traceparent"
OTEL_LABEL = "__OTEL_TRACEPARENT"
"""Where Prefect writes down the span of a flow run, once an OpenTelemetry SDK is set up."""


def otel_trace_id(run: Plain) -> str:
    """The trace in which Prefect's own telemetry has put the flow run; empty where there is none."""
    known = parse_traceparent((run["labels"] or {}).get(OTEL_LABEL))
    return known.trace_id if known else ""


async def given(records: Records, namespace: str) -> AsyncIterator[Link]:
    """A run of this Prefect, whose trace id is its own id, or a caller elsewhere."""
    places = (("parameter", records.run["parameters"]), ("label", records.run["labels"]))
    for what, values in places:
        caller = parse_traceparent((values or {}).get(TRACEPARENT))
        if caller is not None:
            run = await other(records, dashed(caller.trace_id), namespace)
            run = run or RunRef.foreign(namespace, caller.trace_id)
            evidence = f"traceparent in the run's {what} {TRACEPARENT}, span {caller.span_id}"
            yield Link(LinkKind.PROPAGATED, Direction.UP, run, evidence)


async def same_trace(records: Records, namespace: str) -> AsyncIterator[Link]:
    """The caller of a deployment that is no subflow: of the runs in the same OpenTelemetry trace that ran when this
    one was made, the one that had started last. By then Prefect has put the run's own span in place of its caller's.
    """
    trace_id, run = otel_trace_id(records.run), records.run
    if not trace_id or run["parent_task_run_id"] or not run["deployment_id"]:
        return
    callers = [each for each in await _running_at(records, run["created"]) if otel_trace_id(each) == trace_id]
    ends = await others(records, (each["id"] for each in callers), namespace)
    known = [each for each in callers if each["id"] in ends]
    if known:
        end = ends[max(known, key=lambda each: (str(each["start_time"]), each["id"]))["id"]]
        evidence = f"in the same OpenTelemetry trace {trace_id}, by Prefect's label {OTEL_LABEL}"
        yield Link(LinkKind.TRIGGERED, Direction.UP, end, evidence, Confidence.INFERRED)


def dashed(trace_id: str) -> str:
    """A trace id as Prefect writes run ids."""
    return "-".join((trace_id[:8], trace_id[8:12], trace_id[12:16], trace_id[16:20], trace_id[20:]))


async def _running_at(records: Records, moment: str) -> list[Plain]:
    """At most a page of those that have ended since, the newest first, and one of those that go on."""
    began = {"start_time": {"before_": moment}}
    found: dict[str, Plain] = {}
    going_on: dict[str, Any] = {"state": {"type": {"any_": ["RUNNING", "CANCELLING", "PAUSED"]}}}
    for until in ({"end_time": {"after_": moment}}, going_on):
        body = {"flow_runs": {**began, **until}, "sort": "START_TIME_DESC", "limit": PAGE}
        found |= {each["id"]: each for each in await records.rest.post("/flow_runs/filter", body) or ()}
    return list(found.values())
