"""Parts of documents: what the command line prints and the API serves."""

import json
from typing import Any

import orjson

from datatracing.access.visibility import Level, withheld
from datatracing.model import codec
from datatracing.model.clock import rfc3339
from datatracing.model.link import Link
from datatracing.query.levels import completeness_at, verdict_at
from datatracing.store.summary import RunSummary


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
