"""Causes that a caller has named: a W3C traceparent, or a run, in a tag or in the metadata of an event."""

from collections.abc import Iterator
from typing import Any

from datatracing.context.traceparent import parse_traceparent
from datatracing.errors import BadInputError
from datatracing.model.link import Confidence, Direction, Link, LinkKind
from datatracing.model.run import RunName, RunRef, parse_run
from datatracing_dagster.links.ends import other
from datatracing_dagster.records import Records

TRACEPARENT = "traceparent"
CAUSED_BY = "datatracing/caused_by"
"""Tag: the causing run as people write it, `dagster:JOB/RUN_ID`. See propagation.run_request."""


def traceparent(records: Records, namespace: str) -> Iterator[Link]:
    """The trace whose traceparent somebody put into the run's tags."""
    yield from named_by(records.run.tags.get(TRACEPARENT), "the run's tags", records, namespace)


def named_by(value: Any, where: str, records: Records, namespace: str) -> Iterator[Link]:
    """The trace behind a traceparent: a run of this Dagster, whose trace id is its own id, or a caller elsewhere."""
    caller = parse_traceparent(value)
    if caller is None:
        return
    run = other(records, dashed(caller.trace_id), namespace)
    run = run or RunRef.foreign(namespace, caller.trace_id)
    yield Link(LinkKind.PROPAGATED, Direction.UP, run, f"traceparent in {where}, span {caller.span_id}")


def caused_by(records: Records, namespace: str) -> Iterator[Link]:
    """The run that a sensor of the user's own has named. Inferred where Dagster does not know it itself."""
    try:
        name = parse_run(records.run.tags.get(CAUSED_BY) or "")
    except BadInputError:
        return
    if not isinstance(name, RunName):
        return
    known = other(records, name.run_id, namespace) if name.orchestrator == "dagster" else None
    run = known or RunRef(name.orchestrator, namespace, name.pipeline, name.run_id)
    confidence = Confidence.EXACT if known else Confidence.INFERRED
    yield Link(LinkKind.TRIGGERED, Direction.UP, run, f"the run's tag {CAUSED_BY}", confidence)


def dashed(trace_id: str) -> str:
    """A trace id as Dagster writes run ids."""
    return "-".join((trace_id[:8], trace_id[8:12], trace_id[12:16], trace_id[16:20], trace_id[20:]))
