"""The way of the data, stage by stage: at each one what happened to this run, and why. Law 6."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from datatracing.inbox.row import Content, InboxRow
from datatracing.model import clock
from datatracing.model.completeness import Completeness, CompletenessStatus
from datatracing.model.fate import Books, Fate, LedgerEntry
from datatracing.model.manifest import BY_ORCHESTRATOR, BY_RUN
from datatracing.model.verdict import Verdict
from datatracing.query.document import all_fields
from datatracing.store.summary import RunSummary

NAMED = 5
"""How many names a sentence holds; the facts beside it hold all."""


class Status(str, Enum):
    """waiting: goes on by itself. problem: somebody should look. unknown: nothing has come that would tell."""

    OK = "ok"
    WAITING = "waiting"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Stage:
    """One stage: in words for a person, and as facts for a program."""

    name: str
    status: Status
    says: str
    facts: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As it stands in the `stages` of a why document."""
        return {"stage": self.name, "status": self.status.value, "says": self.says, "facts": self.facts}


def moment(at: int | None) -> str:
    """A time inside a sentence, to the second."""
    text = clock.rfc3339(at)
    return "an unknown time" if text is None else f"{text[:10]} {text[11:19]} UTC"


def count(n: int, one: str, many: str = "") -> str:
    """`1 event`, `2 events`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def captured(rows: Sequence[InboxRow], complete: CompletenessStatus, *, named: bool) -> Stage:
    """Which processes have spoken, and how much. Silence is a problem only where somebody should have spoken.

    `named` is whether the reader may know their names.
    """
    numbers: dict[str, set[int]] = defaultdict(set)
    for row in _events(rows):
        numbers[row.producer].update(range(row.seq, row.seq + row.n))
    holes = {name: max(seen) + 1 - len(seen) for name, seen in numbers.items()}
    events, missing = sum(len(seen) for seen in numbers.values()), sum(holes.values())
    producers = [{"producer": name, "events": len(numbers[name]), "not_arrived": holes[name]} for name in sorted(holes)]
    facts = {"events": events, "producers": producers if named else []}
    if not numbers:
        if complete is CompletenessStatus.COMPLETE:
            nothing = "no process of this run had to report: the orchestrator's record has all of it"
            return Stage("captured", Status.OK, nothing, facts)
        nobody = "no process of this run has reported anything"
        unexpected = complete is CompletenessStatus.PARTIAL
        return Stage("captured", Status.PROBLEM if unexpected else Status.UNKNOWN, nobody, facts)
    says = f"{count(len(numbers), 'process', 'processes')} reported {count(events, 'event')}"
    if missing:
        return Stage("captured", Status.WAITING, f"{says}; not arrived: {count(missing, 'numbered event')}", facts)
    return Stage("captured", Status.OK, says, facts)


def received(rows: Sequence[InboxRow], summary: RunSummary | None, *, named: bool) -> Stage:
    """What is in the inbox, and whether the stored trace has all of it. `named` is whether the reader may know
    the names of unknown fields."""
    if not rows:
        expired = "nothing is in the inbox any more" if summary else "nothing has been received"
        return Stage("received", Status.UNKNOWN, expired, {"deliveries": 0})
    first, last = min(row.received_at for row in rows), max(row.received_at for row in rows)
    late = max(0, len(rows) - summary.inbox_rows) if summary else len(rows)
    facts: dict[str, Any] = {
        "deliveries": len(rows),
        "first_at": clock.rfc3339(first),
        "last_at": clock.rfc3339(last),
        "not_folded_yet": late,
    }
    says = f"{count(len(rows), 'delivery', 'deliveries')} from {moment(first)} to {moment(last)}"
    if named and summary and summary.unknown_fields:
        facts["unknown_fields"] = dict(summary.unknown_fields)
        most = max(summary.unknown_fields.values())
        names = ", ".join(list(summary.unknown_fields)[:NAMED])
        says += f"; {count(most, 'statement')} had fields that this version does not know: {names}"
    if late:
        return Stage("received", Status.WAITING, f"{says}; {late:,} not folded in yet, the next sweep does it", facts)
    return Stage("received", Status.OK, says, facts)


def accounted(books: Books, ledger: Sequence[LedgerEntry]) -> Stage:
    """Rejected, duplicate and lost, each with its reasons; and whether the books balance."""
    reasons = [
        {
            "fate": entry.fate.value,
            "reason": entry.reason,
            "count": entry.count,
            "at": clock.rfc3339(entry.at),
            "producer": entry.producer,
        }
        for entry in ledger
    ]
    facts = {**all_fields(books), "balanced": books.balanced, "reasons": reasons}
    says = (
        f"{books.emitted:,} emitted = {books.stored:,} stored + {books.duplicate:,} duplicate + "
        f"{books.sampled_out:,} sampled out + {books.rejected:,} rejected + {books.lost:,} lost"
    )
    bad = sorted({entry.reason for entry in ledger if _still(entry, books)})
    if bad:
        says += f" ({'; '.join(bad[:NAMED])}{'; ...' if len(bad) > NAMED else ''})"
    if not books.balanced:
        return Stage("books", Status.PROBLEM, f"the books do not balance: {says}", facts)
    return Stage("books", Status.PROBLEM if books.rejected or books.lost else Status.OK, says, facts)


def _still(entry: LedgerEntry, books: Books) -> bool:
    """What was reported with its numbers is over when all of them have come from elsewhere."""
    left = {Fate.LOST: books.lost, Fate.REJECTED: books.rejected}.get(entry.fate)
    return left is not None and (left > 0 or not entry.told)


def sealed(rows: Sequence[InboxRow], summary: RunSummary) -> Stage:
    """When a record turned the events into the stored trace: the orchestrator's, or what its own process had seen."""
    read_at = max((row.seq for row in rows if row.producer == BY_ORCHESTRATOR), default=None)
    own_at = max((row.seq for row in rows if row.producer == BY_RUN), default=None)
    facts = {
        "revision": summary.revision,
        "sealed_at": clock.rfc3339(summary.sealed_at),
        "manifest_read_at": clock.rfc3339(read_at),
        "ended_by_itself_at": clock.rfc3339(own_at),
    }
    if summary.verdict is None:
        waits = "its record has come and is sealed next" if read_at or own_at else "the run is still open"
        return Stage("sealed", Status.WAITING, f"not yet: {waits}", facts)
    record = f" from what the run's own process saw until {moment(own_at)}" if own_at else ""
    record = f" from the orchestrator's record read at {moment(read_at)}" if read_at else record
    return Stage("sealed", Status.OK, f"revision {summary.revision} at {moment(summary.sealed_at)}{record}", facts)


def completeness(complete: Completeness) -> Stage:
    """Expected minus captured, the missing named."""
    facts = all_fields(complete)
    if complete.status is CompletenessStatus.UNKNOWN:
        return Stage("completeness", Status.UNKNOWN, "unknown until the orchestrator's record has come", facts)
    of = f"{complete.captured:,} of {count(complete.expected, 'span')}"
    if complete.status is CompletenessStatus.COMPLETE:
        return Stage("completeness", Status.OK, f"complete: {of}", facts)
    named = ", ".join(complete.missing[:NAMED])
    more = f" and {len(complete.missing) - NAMED:,} more" if len(complete.missing) > NAMED else ""
    return Stage("completeness", Status.PROBLEM, f"partial: {of}; missing {named}{more}", facts)


def verdict(decided: Verdict | None) -> Stage:
    """What sampling decided, by which rule and why."""
    if decided is None:
        return Stage("verdict", Status.WAITING, "none yet: it is decided when the run is sealed")
    word = "keep" if decided.keep else "drop the detail, the skeleton stays"
    says = f"{_because(word, decided.reason)} (rule {decided.rule}, rate {decided.rate:g})"
    return Stage("verdict", Status.OK, says, all_fields(decided))


def fate(found: Fate | None, reason: str) -> Stage:
    """What has become of the run's data by now."""
    facts = {"fate": found.value if found else None, "reason": reason}
    if found is None:
        return Stage("fate", Status.WAITING, _because("open", reason), facts)
    gone = found not in {Fate.KEPT, Fate.SAMPLED_OUT}
    says = _because(found.value.replace("_", " "), reason)
    return Stage("fate", Status.PROBLEM if gone else Status.OK, says, facts)


def _because(what: str, reason: str) -> str:
    """The reason may be withheld from this reader."""
    return f"{what}: {reason}" if reason else what


def _events(rows: Sequence[InboxRow]) -> list[InboxRow]:
    return [row for row in rows if row.content is Content.EVENTS]
