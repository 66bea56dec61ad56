"""Seal: fold, completeness, verdict, and everything written in one transaction."""

import json
import zlib
from dataclasses import dataclass, replace
from typing import Any

import orjson

from datatracing.inbox.delivery import Delivery, read
from datatracing.inbox.limits import Limits
from datatracing.model import clock
from datatracing.model.completeness import CompletenessStatus
from datatracing.model.document import span_documents
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.fold import fold
from datatracing.model.trace import Trace
from datatracing.model.verdict import Verdict
from datatracing.sampling.policy import Policy
from datatracing.store.port import Sealing, Store
from datatracing.store.sealed import Sealed, SpanRow
from datatracing.store.summary import RunSummary


@dataclass(frozen=True)
class Sealer:
    """Seals runs of one store under one policy. Safe to use from many threads and beside other sealers."""

    store: Store
    policy: Policy
    limits: Limits

    def seal(self, trace_id: str) -> RunSummary | None:
        """Fold what the inbox holds and store the result; None when it holds nothing readable.

        A run without a manifest is recorded as open. Sealing again changes nothing unless something new has come; then
        the revision counts up. Raises StoreUnreachableError, and then nothing is changed.
        """
        noted = self.store.totals(trace_id)
        with self.store.sealing(trace_id) as sealing:
            rows, before = sealing.inbox(), sealing.summary()
            delivery = read(rows, self.limits, stored=before.run if before else None, noted=noted)
            found = delivery.events or delivery.manifest is not None
            summary = self._write(sealing, delivery, before, len(rows)) if found else None
        if summary is None:
            # There is no run to write to, but law 6 holds for what cannot be read too.
            self.store.record(delivery.accounts.news(trace_id, clock.now()))
        elif before is None and set(self.store.totals(trace_id)) != set(noted):
            return self.seal(trace_id)  # a loss that came while nobody knew the run has left no row to find it by
        return summary

    def live(self, trace_id: str) -> tuple[RunSummary, Trace] | None:
        """The run as the inbox has it now, without storing anything: how an open run is shown."""
        rows, noted = self.store.inbox(trace_id), self.store.totals(trace_id)
        delivery = read(rows, self.limits, stored=self.store.identities([trace_id]).get(trace_id), noted=noted)
        if not delivery.events and delivery.manifest is None:
            return None
        trace = _folded(delivery)
        return _summary(trace, delivery, None, len(rows)), trace

    def _write(self, sealing: Sealing, delivery: Delivery, before: RunSummary | None, rows: int) -> RunSummary:
        trace = _folded(delivery)
        if delivery.manifest is None:
            summary = _summary(trace, delivery, None, rows)
            sealing.open(summary)
            return summary
        verdict = self.policy.decide(trace, before.verdict if before else None)
        summary = _summary(trace, delivery, verdict, rows)
        summary = replace(summary, revision=_revision(before, summary), sealed_at=_sealed_at(before, summary))
        sealing.write(_sealed(trace, summary, verdict, delivery.accounts.news(summary.trace_id, clock.now())))
        return summary


def _folded(delivery: Delivery) -> Trace:
    """A number that a producer used and that never came is a hole, even if every span has reported something."""
    trace = fold(delivery.events, delivery.manifest)
    losses, known = delivery.accounts.losses, trace.completeness
    if not losses:
        return trace
    complete = known.status is CompletenessStatus.COMPLETE
    status = CompletenessStatus.PARTIAL if complete else known.status
    return replace(trace, completeness=replace(known, status=status, missing=(*known.missing, *losses)))


def _summary(trace: Trace, delivery: Delivery, verdict: Verdict | None, rows: int) -> RunSummary:
    root, kept = trace.root, verdict is None or verdict.keep
    stored, duplicate = len(delivery.events), delivery.duplicate
    return RunSummary(
        run=trace.run,
        state=root.state,
        raw_state=root.raw_state,
        times=root.times,
        verdict=verdict,
        fate=None if verdict is None else Fate.KEPT if verdict.keep else Fate.SAMPLED_OUT,
        fate_reason=verdict.reason if verdict else _open(delivery),
        completeness=trace.completeness,
        books=delivery.accounts.books(stored=stored, duplicate=duplicate, kept=kept),
        counts=trace.counts,
        inbox_rows=rows,
        fingerprint=delivery.fingerprint,
        unknown_fields=delivery.unknown_fields,
    )


def _open(delivery: Delivery) -> str:
    if delivery.waiting:
        return f"of the orchestrator's record {delivery.waiting} have come; it counts when it is whole"
    return "the run has not been completed by its orchestrator yet"


def _revision(before: RunSummary | None, summary: RunSummary) -> int:
    """Counts re-seals: 0 at the first, one more each time that something new was folded in."""
    if before is None or before.verdict is None:
        return 0
    return before.revision + (before.fingerprint != summary.fingerprint)


def _sealed_at(before: RunSummary | None, summary: RunSummary) -> int:
    unchanged = before is not None and before.verdict is not None and before.fingerprint == summary.fingerprint
    return before.sealed_at if unchanged and before and before.sealed_at else clock.now()


def _sealed(trace: Trace, summary: RunSummary, verdict: Verdict, news: list[LedgerEntry]) -> Sealed:
    return Sealed(
        summary=summary,
        skeleton=_packed(trace, detail=False),
        detail=_packed(trace, detail=True) if verdict.keep else None,
        spans=[
            SpanRow(span.span_id, span.task or "", span.map_index, span.attempt, span.state, span.times)
            for span in trace.tasks
        ],
        links=trace.links,
        assets=[(span.span_id, use) for span in trace.spans for use in span.assets],
        aliases=trace.aliases,
        ledger=news,
    )


def _packed(trace: Trace, *, detail: bool) -> bytes:
    """Span by span: one call for all of them would hold the interpreter."""
    return zlib.compress(b"[" + b",".join(map(_encoded, span_documents(trace, detail=detail))) + b"]", 3)


def _encoded(document: dict[str, Any]) -> bytes:
    """A user's attributes may hold half a surrogate pair, or an integer of more than 64 bits, which orjson refuses."""
    try:
        return orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        plain = json.dumps(document, default=str, ensure_ascii=False, separators=(",", ":"))
        return plain.encode("utf-8", "replace")
