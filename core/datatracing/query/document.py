"""The trace document of DESIGN section 8: what the command line prints and the API serves."""

import json
from collections.abc import Iterable
from typing import Any, Protocol

import orjson

from datatracing.access.visibility import Pipelines, may_see, visible_links
from datatracing.errors import NotFoundError
from datatracing.model import codec
from datatracing.model.clock import rfc3339
from datatracing.model.document import span_documents
from datatracing.model.link import Link
from datatracing.model.trace import Trace
from datatracing.store.port import RunSummary, Store


class Live(Protocol):
    """Folds what has come so far of a run that is not sealed yet, without storing anything."""

    def live(self, trace_id: str) -> tuple[RunSummary, Trace] | None:
        """None when nothing readable has come."""


def dumps(document: Any) -> bytes:
    """JSON in UTF-8. Text of a user may hold half a surrogate pair, which no UTF-8 has: it becomes a question mark."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def run_document(summary: RunSummary) -> dict[str, Any]:
    """The `run` of a trace document. `verdict` is null as long as the run is not sealed."""
    run = summary.run
    return {
        "trace_id": summary.trace_id,
        "orchestrator": run.orchestrator,
        "namespace": run.namespace,
        "pipeline": run.pipeline,
        "run_key": run.run_key,
        "state": summary.state.value,
        "started_at": rfc3339(summary.times.started_at),
        "ended_at": rfc3339(summary.times.ended_at),
        "epoch": summary.epoch,
        "verdict": all_fields(summary.verdict) if summary.verdict else None,
        "completeness": all_fields(summary.completeness),
    }


def link_document(link: Link) -> dict[str, Any]:
    """One edge to another run, seen from the run of the document."""
    return {
        "kind": link.kind.value,
        "direction": link.direction.value,
        "trace_id": link.run.trace_id,
        "run": link.run.name,
        "evidence": link.evidence,
        "confidence": link.confidence.value,
    }


def all_fields(value: object) -> dict[str, Any]:
    """A flat model object with every field, also those at their default, which the wire format leaves out."""
    return {name: codec.to_plain(got) for name, got in vars(value).items()}


def trace_document(store: Store, live: Live, trace_id: str, visible: Pipelines = None) -> dict[str, Any]:
    """The trace document as objects. NotFoundError when there is no such run, or none that this reader may see."""
    document: dict[str, Any] = orjson.loads(trace_json(store, live, trace_id, visible))
    return document


def trace_json(store: Store, live: Live, trace_id: str, visible: Pipelines = None) -> bytes:
    """The trace document as JSON. The spans of a sealed run go through unread, however many there are."""
    summary = store.run(trace_id)
    spans = store.spans(summary.trace_id) if summary and summary.verdict else None
    links = store.links(summary.trace_id) if summary else []
    if summary is None or spans is None:
        summary, trace = _as_it_stands(live, summary.trace_id if summary else trace_id)
        spans, links = dumps(span_documents(trace)), [*trace.links, *links]
    if not may_see(visible, summary.run):
        raise no_such_run(trace_id)
    seen = _once(visible_links(visible, links))
    return b'{"run":%b,"spans":%b,"links":%b}' % (dumps(run_document(summary)), spans, dumps(seen))


def no_such_run(trace_id: str) -> NotFoundError:
    """The same words whether the run is not there or may not be seen."""
    return NotFoundError(f"no run with the trace id {trace_id} is stored")


def _as_it_stands(live: Live, trace_id: str) -> tuple[RunSummary, Trace]:
    """The stored summary of an open run is as old as the last sweep; its events are not."""
    found = live.live(trace_id)
    if found is None:
        raise no_such_run(trace_id)
    return found


def _once(links: Iterable[Link]) -> list[dict[str, Any]]:
    """An edge that both ends have reported is one edge."""
    edges = {(link.kind, link.direction, link.run.trace_id): link for link in links}
    return [link_document(link) for link in edges.values()]
