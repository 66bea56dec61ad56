"""The trace document of DESIGN section 8: what the command line prints and the API serves."""

import json
from collections.abc import Iterable
from typing import Any, Protocol

import orjson

from datatracing.access.visibility import Level, Visibility, withheld
from datatracing.errors import NotFoundError
from datatracing.model import codec
from datatracing.model.clock import rfc3339
from datatracing.model.document import span_documents
from datatracing.model.link import Link
from datatracing.model.run import RunRef
from datatracing.model.trace import Trace
from datatracing.query.levels import completeness_at, spans_at, verdict_at
from datatracing.store.port import RunSummary, Store

NOBODY = "0" * 31 + "1"
"""A trace id that no run has."""


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


def run_document(summary: RunSummary, level: Level) -> dict[str, Any]:
    """The `run` of a trace document. `verdict` is null as long as the run is not sealed, `withheld` names what this
    reader may not see."""
    run = summary.run
    verdict, complete = verdict_at(level, summary.verdict), completeness_at(level, summary.completeness)
    return {
        "trace_id": summary.trace_id,
        "orchestrator": run.orchestrator,
        "namespace": run.namespace,
        "pipeline": run.pipeline,
        "run_id": run.run_id,
        "state": summary.state.value,
        "started_at": rfc3339(summary.times.started_at),
        "ended_at": rfc3339(summary.times.ended_at),
        "revision": summary.revision,
        "verdict": all_fields(verdict) if verdict else None,
        "completeness": all_fields(complete) if complete else None,
        "withheld": withheld(level),
    }


def link_document(link: Link, *, told: bool) -> dict[str, Any]:
    """One edge to another run, seen from the run of the document. Its evidence is told where both ends are in full:
    either may have written it."""
    return {
        "kind": link.kind.value,
        "direction": link.direction.value,
        "trace_id": link.run.trace_id,
        "run": link.run.name,
        "evidence": link.evidence if told else "",
        "confidence": link.confidence.value,
    }


def all_fields(value: object) -> dict[str, Any]:
    """A flat model object with every field, also those at their default, which the wire format leaves out."""
    return {name: codec.to_plain(got) for name, got in vars(value).items()}


def trace_document(store: Store, live: Live, trace_id: str, visibility: Visibility) -> dict[str, Any]:
    """The trace document as objects. NotFoundError when there is no such run, or none that this reader may see."""
    document: dict[str, Any] = orjson.loads(trace_json(store, live, trace_id, visibility))
    return document


def trace_json(store: Store, live: Live, trace_id: str, visibility: Visibility) -> bytes:
    """The trace document as JSON. To who may see all, the spans of a sealed run go unread, however many there are."""
    summary = store.run(trace_id, visibility)
    spans = store.spans(summary.trace_id) if summary and summary.verdict else None
    links = store.links(summary.trace_id) if summary else []
    if summary is None or spans is None:
        found = live.live(summary.trace_id if summary else unhidden(store, trace_id))
        if found is None or not visibility.sees(found[0].run):
            raise no_such_run(trace_id)
        # The stored summary of an open run is as old as the last sweep; its events are not.
        summary, spans, links = found[0], dumps(span_documents(found[1])), [*found[1].links, *links]
    level = visibility.level(summary.run)
    shown = spans if level >= Level.TEXTS else dumps(spans_at(level, orjson.loads(spans)))
    seen = dumps(_once(visibility.links(summary.run, links), summary.run, visibility))
    return b'{"run":%b,"spans":%b,"links":%b}' % (dumps(run_document(summary, level)), shown, seen)


def no_such_run(trace_id: str) -> NotFoundError:
    """The same words whether the run is not there or may not be seen."""
    return NotFoundError(f"no run with the trace id {trace_id} is stored")


def unhidden(store: Store, trace_id: str) -> str:
    """The id where nothing is stored under it, else NOBODY: what is asked next about a run that is hidden takes no
    longer than about one that does not exist."""
    return trace_id if store.run(trace_id) is None else NOBODY


def _once(links: Iterable[Link], run: RunRef, visibility: Visibility) -> list[dict[str, Any]]:
    """An edge that both ends have reported is one edge."""
    edges = {(link.kind, link.direction, link.run.trace_id): link for link in links}
    here = visibility.sees_texts(run)
    return [link_document(link, told=here and visibility.sees_texts(link.run)) for link in edges.values()]
