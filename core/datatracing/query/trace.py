"""The trace of a run: the run, its spans with their dependencies, its links."""

from collections.abc import Iterable
from typing import Any

import orjson

from datatracing.access.visibility import Level, Visibility
from datatracing.errors import NotFoundError
from datatracing.model.document import span_documents
from datatracing.model.link import Link
from datatracing.model.run import RunRef
from datatracing.query.document import dumps, link_document, run_document
from datatracing.query.levels import spans_at
from datatracing.query.question import Asked, Question
from datatracing.store.port import Store

NOBODY = "0" * 31 + "1"
"""A trace id that no run has."""


def trace(asked: Asked, trace_id: str) -> bytes:
    """The trace document as JSON. NotFoundError when there is no such run, or none that this reader may see.

    To who may see all, the spans of a sealed run go unread, however many there are.
    """
    store, visibility = asked.store, asked.visibility
    summary = store.run(trace_id, visibility)
    spans = store.spans(summary.trace_id) if summary and summary.verdict else None
    links = store.links(summary.trace_id) if summary else []
    if summary is None or spans is None:
        found = asked.live.live(summary.trace_id if summary else unhidden(store, trace_id))
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


TRACE = Question("/traces/{trace_id}", trace)
