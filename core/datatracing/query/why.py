"""Why is this trace here, or not: sampled, rejected, lost, still on its way? One answer for every stage. Law 6."""

from collections.abc import Sequence

from datatracing.access.visibility import EVERYTHING, Level, withheld
from datatracing.inbox.row import InboxRow
from datatracing.model.completeness import CompletenessStatus
from datatracing.model.fate import LedgerEntry
from datatracing.query import stages
from datatracing.query.levels import completeness_at, reason_at, verdict_at
from datatracing.query.question import Asked, Document, Question
from datatracing.query.stages import Stage, Status
from datatracing.query.trace import no_such_run, unhidden
from datatracing.store.port import Store
from datatracing.store.summary import RunSummary


def why(asked: Asked, trace_id: str) -> Document:
    """The fate of a run with the reason at every stage. NotFoundError when nothing of it has arrived, or when this
    reader may not see it; `query.absence` says what can be known then."""
    store, visibility = asked.store, asked.visibility
    summary = store.run(trace_id, visibility)
    rows = store.inbox(summary.trace_id if summary else unhidden(store, trace_id))
    if summary is None and (visibility != EVERYTHING or not rows):
        raise no_such_run(trace_id)
    if summary is None:
        return _not_swept_yet(trace_id, rows)
    level = visibility.level(summary.run)
    return _document(summary, level, _stages(store, summary, level, rows))


def with_stage(document: Document, stage: Stage, after: str) -> Document:
    """The document with one more stage: what only the asking host knows is added there."""
    known = document["stages"]
    place = next((index + 1 for index, each in enumerate(known) if each["stage"] == after), 0)
    return {**document, "stages": [*known[:place], stage.document(), *known[place:]]}


def _stages(store: Store, summary: RunSummary, level: Level, rows: Sequence[InboxRow]) -> list[Stage]:
    """A stage that tells of tasks is left out where they are withheld; no sentence is made of what may not be seen."""
    ledger = _entries(store, summary) if level >= Level.TEXTS else []
    complete = completeness_at(level, summary.completeness)
    told = (
        stages.captured(rows, summary.completeness.status, named=level >= Level.TEXTS),
        stages.received(rows, summary, named=level >= Level.TEXTS),
        stages.accounted(summary.books, ledger),
    )
    return [
        *(told if level >= Level.TASKS else ()),
        stages.sealed(rows, summary),
        *([stages.completeness(complete)] if complete else ()),
        stages.verdict(verdict_at(level, summary.verdict)),
        stages.fate(summary.fate, reason_at(level, summary.fate_reason)),
    ]


def _entries(store: Store, summary: RunSummary) -> list[LedgerEntry]:
    """Of what strangers say of this run, only what they may say."""
    found = store.ledger(summary.trace_id, limit=1_000)
    return [entry for entry in found if entry.holds_in(summary.run.namespace)]


def _document(summary: RunSummary, level: Level, found: Sequence[Stage]) -> Document:
    return {
        "trace_id": summary.trace_id,
        "run": summary.run.name,
        "namespace": summary.run.namespace,
        "state": summary.state.value,
        "fate": summary.fate.value if summary.fate else None,
        "reason": reason_at(level, summary.fate_reason),
        "withheld": withheld(level),
        "stages": [stage.document() for stage in found],
    }


def _not_swept_yet(trace_id: str, rows: Sequence[InboxRow]) -> Document:
    """Deliveries lie in the inbox and no sweep has looked at them, so not even the run's name is known."""
    reason = "received, and not folded yet: a collector or the agent does that with its next sweep"
    found = [
        stages.captured(rows, CompletenessStatus.UNKNOWN, named=True),
        stages.received(rows, None, named=True),
        Stage("fate", Status.WAITING, f"open: {reason}"),
    ]
    return {
        "trace_id": trace_id,
        "run": None,
        "namespace": None,
        "state": None,
        "fate": None,
        "reason": reason,
        "withheld": [],
        "stages": [stage.document() for stage in found],
    }


WHY = Question("/traces/{trace_id}/why", why)
