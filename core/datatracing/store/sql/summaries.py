"""A run's summary as a row, and back."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, Select, select

from datatracing.model.completeness import Completeness, CompletenessStatus
from datatracing.model.event import Times
from datatracing.model.fate import Books, Fate
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing.model.verdict import Verdict
from datatracing.store.paging import order_at
from datatracing.store.sql.tables import pipelines, runs
from datatracing.store.summary import RunSummary
from datatracing.store.trace_key import trace_key


def summary_row(summary: RunSummary, pipeline_id: int) -> dict[str, Any]:
    """Every column of `runs` but the number."""
    verdict, complete = summary.verdict, summary.completeness
    return {
        "trace_id": trace_key(summary.trace_id),
        "pipeline_id": pipeline_id,
        "run_id": summary.run.run_id,
        "state": summary.state.value,
        "raw_state": summary.raw_state,
        **asdict(summary.times),
        "order_at": order_at(summary),
        "duration": summary.duration,
        "revision": summary.revision,
        "verdict_keep": verdict.keep if verdict else None,
        "verdict_rule": verdict.rule if verdict else None,
        "verdict_reason": verdict.reason if verdict else None,
        "verdict_rate": verdict.rate if verdict else None,
        "fate": summary.fate.value if summary.fate else None,
        "fate_reason": summary.fate_reason,
        "completeness": complete.status.value,
        "expected": complete.expected,
        "captured": complete.captured,
        "missing": complete.missing,
        "unknown_edges": complete.unknown_edges,
        **asdict(summary.books),
        "counts": dict(summary.counts),
        "sealed_at": summary.sealed_at,
        "inbox_rows": summary.inbox_rows,
        "fingerprint": summary.fingerprint,
        "unknown_fields": dict(summary.unknown_fields),
    }


def summaries() -> "Select[Any]":
    """Rows for `read_summary`, never of runs that a link has merely named."""
    columns = (pipelines.c.orchestrator, pipelines.c.namespace, pipelines.c.name, *runs.c)
    return select(*columns).join(pipelines, pipelines.c.id == runs.c.pipeline_id).where(runs.c.state.is_not(None))


def read_ref(row: "Row[Any]") -> RunRef:
    """The run that a row of `runs` joined with `pipelines` is about."""
    return RunRef(row.orchestrator, row.namespace, row.name, row.run_id)


def read_summary(row: "Row[Any]") -> RunSummary:
    """What `summary_row` wrote."""
    return RunSummary(
        run=read_ref(row),
        state=State(row.state),
        raw_state=row.raw_state,
        times=Times(row.scheduled_at, row.queued_at, row.started_at, row.ended_at),
        revision=row.revision,
        verdict=_verdict(row),
        fate=Fate(row.fate) if row.fate else None,
        fate_reason=row.fate_reason,
        completeness=_completeness(row),
        books=Books(row.emitted, row.stored, row.duplicate, row.sampled_out, row.rejected, row.lost),
        counts=row.counts,
        sealed_at=row.sealed_at,
        inbox_rows=row.inbox_rows,
        fingerprint=row.fingerprint,
        unknown_fields=row.unknown_fields,
    )


def _completeness(row: "Row[Any]") -> Completeness:
    status = CompletenessStatus(row.completeness)
    return Completeness(status, row.expected, row.captured, tuple(row.missing), tuple(row.unknown_edges))


def _verdict(row: "Row[Any]") -> Verdict | None:
    if row.verdict_keep is None:
        return None
    return Verdict(row.verdict_keep, row.verdict_rule, row.verdict_reason, row.verdict_rate)
