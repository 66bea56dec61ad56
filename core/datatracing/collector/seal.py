"""Seal: fold, completeness, verdict, and everything written in one transaction."""

import zlib
from collections import Counter
from dataclasses import dataclass, replace

import orjson

from datatracing.collector.delivery import Delivery, read
from datatracing.collector.limits import Limits
from datatracing.model import clock
from datatracing.model.completeness import CompletenessStatus
from datatracing.model.document import span_documents
from datatracing.model.fate import Books, Fate, LedgerEntry
from datatracing.model.fold import fold
from datatracing.model.trace import Trace
from datatracing.model.verdict import Verdict
from datatracing.sampling.policy import Policy
from datatracing.store.port import RunSummary, Sealed, Sealing, SpanRow, Store


@dataclass(frozen=True)
class Sealer:
    """Seals runs of one store under one policy. Safe to use from many threads and beside other sealers."""

    store: Store
    policy: Policy
    limits: Limits

    def seal(self, trace_id: str) -> RunSummary | None:
        """Fold what the inbox holds and store the result; None when it holds nothing readable.

        A run without a manifest is recorded as open. Sealing again changes nothing unless something new has come; then
        the epoch counts up. Raises StoreUnreachableError, and then nothing is changed.
        """
        noted = self.store.ledger(trace_id, limit=1_000)
        with self.store.sealing(trace_id) as sealing:
            rows = sealing.inbox()
            delivery = read(trace_id, rows, self.limits)
            if delivery.events or delivery.manifest is not None:
                return self._write(sealing, delivery, sealing.summary(), noted, len(rows))
        # There is no run to write to, but law 6 holds for what cannot be read too.
        self.store.record(delivery.entries(_rejected(noted), clock.now()))
        return None

    def live(self, trace_id: str) -> tuple[RunSummary, Trace] | None:
        """The run as the inbox has it now, without storing anything: how an open run is shown."""
        rows = self.store.inbox(trace_id)
        delivery = read(trace_id, rows, self.limits)
        if not delivery.events and delivery.manifest is None:
            return None
        trace = fold(delivery.events, delivery.manifest)
        return _summary(trace, delivery, self.store.ledger(trace_id, limit=1_000), None, len(rows)), trace

    def _write(
        self, sealing: Sealing, delivery: Delivery, before: RunSummary | None, noted: list[LedgerEntry], rows: int
    ) -> RunSummary:
        trace = fold(delivery.events, delivery.manifest)
        if delivery.manifest is None:
            summary = _summary(trace, delivery, noted, None, rows)
            sealing.open(summary)
            return summary
        trace = _with_losses(trace, _books(delivery, noted, kept=True))
        verdict = self.policy.decide(trace, before.verdict if before else None)
        summary = _summary(trace, delivery, noted, verdict, rows)
        summary = replace(summary, epoch=_epoch(before, summary), sealed_at=_sealed_at(before, summary))
        sealing.write(_sealed(trace, summary, verdict, delivery.entries(_rejected(noted), clock.now())))
        return summary


def _with_losses(trace: Trace, books: Books) -> Trace:
    """A number that a producer used and that never came is a hole, even if every span has reported something."""
    if not books.lost:
        return trace
    known = trace.completeness
    missing = (*known.missing, f"{books.lost} events that were emitted and have not arrived")
    return replace(trace, completeness=replace(known, status=CompletenessStatus.PARTIAL, missing=missing))


def _books(delivery: Delivery, noted: list[LedgerEntry], *, kept: bool) -> Books:
    """An earlier seal of the same inbox noted what it refused; only what exceeds that was refused at the door."""
    at_the_door = sum(max(0, count - delivery.refused.get(reason, 0)) for reason, count in _rejected(noted).items())
    lost = sum(entry.count for entry in noted if entry.fate is Fate.LOST)
    return delivery.books(kept=kept, refused_before=at_the_door, reported_lost=lost)


def _rejected(noted: list[LedgerEntry]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for entry in noted:
        if entry.fate is Fate.REJECTED:
            counts[entry.reason] += entry.count
    return counts


def _summary(
    trace: Trace, delivery: Delivery, noted: list[LedgerEntry], verdict: Verdict | None, rows: int
) -> RunSummary:
    root = trace.root
    return RunSummary(
        run=trace.run,
        state=root.state,
        raw_state=root.raw_state,
        times=root.times,
        verdict=verdict,
        fate=None if verdict is None else Fate.KEPT if verdict.keep else Fate.SAMPLED_OUT,
        fate_reason=verdict.reason if verdict else "the run has not been completed by its orchestrator yet",
        completeness=trace.completeness,
        books=_books(delivery, noted, kept=verdict is None or verdict.keep),
        counts=trace.counts,
        inbox_rows=rows,
        fingerprint=delivery.fingerprint,
    )


def _epoch(before: RunSummary | None, summary: RunSummary) -> int:
    """Counts re-seals: 0 at the first, one more each time that something new was folded in."""
    if before is None or before.verdict is None:
        return 0
    return before.epoch + (before.fingerprint != summary.fingerprint)


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
    documents = span_documents(trace, detail=detail)
    return zlib.compress(orjson.dumps(documents, default=str, option=orjson.OPT_NON_STR_KEYS), 3)
