"""One run in a list, as a document and back: this is how run lists travel from a collector to another program."""

from collections.abc import Mapping
from typing import Any

from datatracing.access.visibility import Level, Visibility
from datatracing.errors import BadInputError
from datatracing.model import codec
from datatracing.model.clock import parse_rfc3339, rfc3339
from datatracing.model.completeness import Completeness
from datatracing.model.event import Times
from datatracing.model.fate import Books, Fate
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing.model.verdict import Verdict
from datatracing.query.document import all_fields, run_document
from datatracing.query.levels import reason_at
from datatracing.store.search import Page
from datatracing.store.summary import RunSummary


def summary_document(summary: RunSummary, visibility: Visibility) -> dict[str, Any]:
    """The `run` of the trace document, and what else the summary knows and this reader may see."""
    level = visibility.level(summary.run)
    tasks = level >= Level.TASKS
    return {
        **run_document(summary, level),
        "raw_state": summary.raw_state,
        "scheduled_at": rfc3339(summary.times.scheduled_at),
        "queued_at": rfc3339(summary.times.queued_at),
        "fate": summary.fate.value if summary.fate else None,
        "fate_reason": reason_at(level, summary.fate_reason),
        "counts": dict(summary.counts) if tasks else {},
        "unknown_fields": dict(summary.unknown_fields) if level >= Level.TEXTS else {},
        "books": all_fields(summary.books) if tasks else None,
        "sealed_at": rfc3339(summary.sealed_at),
        "fingerprint": summary.fingerprint if level >= Level.TEXTS else "",
    }


def page_document(page: Page, visibility: Visibility) -> dict[str, Any]:
    """A list of runs; `cursor` continues it and is null at its end."""
    return {"runs": [summary_document(run, visibility) for run in page.runs], "cursor": page.cursor}


def read_page(document: Mapping[str, Any]) -> Page:
    """The page behind a `page_document`. BadInputError when it is not one."""
    try:
        return Page(tuple(read_summary(run) for run in document["runs"]), document["cursor"])
    except (KeyError, TypeError) as error:
        raise BadInputError(f"this is not a list of runs: {error!r}") from error


def read_summary(document: Mapping[str, Any]) -> RunSummary:
    """The summary behind a `summary_document`. BadInputError when it is not one."""
    try:
        return _summary(document)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(f"this is not the summary of a run: {error!r}") from error


def _summary(document: Mapping[str, Any]) -> RunSummary:
    verdict, fate = document["verdict"], document["fate"]
    complete, books = document["completeness"], document["books"]
    return RunSummary(
        run=RunRef(*(document[name] for name in ("orchestrator", "namespace", "pipeline", "run_id"))),
        state=State(document["state"]),
        raw_state=document["raw_state"],
        times=Times(**{name: _time(document[name]) for name in vars(Times())}),
        revision=document["revision"],
        verdict=codec.from_plain(Verdict, verdict) if verdict else None,
        fate=Fate(fate) if fate else None,
        fate_reason=document["fate_reason"],
        completeness=codec.from_plain(Completeness, complete) if complete else Completeness(),
        books=codec.from_plain(Books, books) if books else Books(),
        counts=document["counts"],
        unknown_fields=document["unknown_fields"],
        sealed_at=_time(document["sealed_at"]),
        fingerprint=document["fingerprint"],
    )


def _time(text: str | None) -> int | None:
    return None if text is None else parse_rfc3339(text)
