"""Spans as JSON documents: the shape that is stored, served and printed."""

from typing import Any

from datatracing.model.clock import rfc3339
from datatracing.model.trace import Span, Trace


def span_document(span: Span, *, detail: bool = True) -> dict[str, Any]:
    """One span as in the trace document. Without detail, no attributes, no records, no error (law 5)."""
    times = span.times
    return {
        "span_id": span.span_id,
        "level": span.level.value,
        "task": span.task,
        "map_index": span.map_index,
        "map_key": span.map_key or None,
        "attempt": span.attempt,
        "operation": span.operation or None,
        "state": span.state.value,
        "raw_state": span.raw_state,
        "source": span.source.value,
        "scheduled_at": rfc3339(times.scheduled_at),
        "queued_at": rfc3339(times.queued_at),
        "started_at": rfc3339(times.started_at),
        "ended_at": rfc3339(times.ended_at),
        "depends_on": list(span.depends_on),
        "parent": span.parent,
        "attributes": _attributes(span) if detail else {},
        "error": _error(span) if detail else None,
        "records": list(span.records) if detail else [],
    }


def span_documents(trace: Trace, *, detail: bool = True) -> list[dict[str, Any]]:
    """All spans of a trace, the run first. Operations are detail as a whole."""
    spans = trace.spans if detail else (trace.root, *trace.tasks)
    return [span_document(span, detail=detail) for span in spans]


def _attributes(span: Span) -> dict[str, Any]:
    return {str(key): value for key, value in span.attributes.items()}


def _error(span: Span) -> dict[str, Any] | None:
    if span.error is None:
        return None
    return {"type": span.error.type, "message": span.error.message, "stacktrace": span.error.stacktrace}
