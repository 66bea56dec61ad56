"""Everything the inbox holds about one trace, read and counted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from datatracing.errors import BadInputError
from datatracing.inbox.books import Accounts
from datatracing.inbox.bounds import bounded, bounded_record
from datatracing.inbox.identity import OTHER, Claim, Said, identity
from datatracing.inbox.limits import Limits
from datatracing.inbox.packing import inflate, unpack_events
from datatracing.inbox.row import Content, InboxRow
from datatracing.model import codec, parts
from datatracing.model.event import Event
from datatracing.model.fate import LedgerEntry
from datatracing.model.fold import latest
from datatracing.model.manifest import Manifest
from datatracing.model.run import RunRef, SpanKey

UNKNOWN_NAMED = 50
"""Fields of newer releases that a run tells of, the most frequent ones."""
REFUSED_AT_ONCE = 10_000
"""Events that one unreadable row may stand for."""


@dataclass
class Delivery:
    """Events by identity, the latest manifest, and the accounts of what could not be read. `waiting` is what has come
    of a record that is not whole yet."""

    accounts: Accounts
    events: list[Event] = field(default_factory=list)
    manifest: Manifest | None = None
    waiting: str = ""
    duplicate: int = 0

    @property
    def fingerprint(self) -> str:
        """The same for the same events, record and losses, whenever they were read and however they were packed."""
        whole = sha256()
        for event in sorted(f"{event.producer}/{event.seq}" for event in self.events):
            whole.update(event.encode("utf-8", "surrogatepass") + b"\n")
        for loss in self.accounts.losses:
            whole.update(loss.encode("utf-8", "surrogatepass") + b"\n")
        if self.manifest is not None:
            whole.update(manifest_content(self.manifest))
        return whole.hexdigest()[:32]

    @property
    def unknown_fields(self) -> dict[str, int]:
        """How many of the statements that count had this field, or word, of a release that knows more."""
        said: list[Event | Manifest] = [*self.events, *([self.manifest] if self.manifest else [])]
        counted = Counter(name for each in said for name in set(each.unknown))
        return dict(sorted(counted.most_common(UNKNOWN_NAMED)))


def manifest_content(manifest: Manifest) -> bytes:
    """The record without the moment at which it was read."""
    return codec.dumps(replace(manifest, observed_at=0))


def understood(read: Said, aside: codec.Aside) -> Said:
    """What was read, with the names of what was left out."""
    if not aside.names and not read.unknown:
        return read
    return replace(read, unknown=codec.plain_names((*read.unknown, *aside.names)))


def read(
    rows: Iterable[InboxRow],
    limits: Limits,
    *,
    stored: RunRef | None = None,
    noted: Sequence[LedgerEntry] = (),
) -> Delivery:
    """Never raises for what is in the rows: a row or event that cannot be read is counted, the others count.

    `stored` is the run as it is known already, `noted` its ledger.
    """
    reading = _Reading(limits)
    for row in sorted(rows, key=lambda row: (row.producer, row.seq, row.n, row.payload)):
        reading.row(row)
    return reading.delivery(stored, noted)


class _Reading:
    """Rows become claims; when all are read, who the run is decides which of them count."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._accounts = Accounts(limits.gap_per_producer)
        self._left = limits.run_bytes
        self._events: list[Claim[Event]] = []
        self._parts: list[Claim[Manifest]] = []

    def row(self, row: InboxRow) -> None:
        """One row, unless all of them together are more than a run may be."""
        if row.content is Content.MANIFEST:
            try:
                self._parts.append(Claim(self._manifest(row), row.received_at))
            except BadInputError as error:
                self._accounts.refuse(str(error)[:200])
        elif row.content is Content.EVENTS:
            self._row_of_events(row)

    def _manifest(self, row: InboxRow) -> Manifest:
        aside = codec.Aside()
        content = self._inflated(row, self._limits.manifest_bytes)
        manifest = bounded_record(codec.loads(Manifest, content, aside), self._limits, row.received_at)
        if manifest.trace_id != row.trace_id:
            raise BadInputError("the manifest names another run")
        return understood(manifest, aside)

    def _row_of_events(self, row: InboxRow) -> None:
        looked_at = 0
        try:
            for value in unpack_events(self._inflated(row, self._limits.row_bytes)):
                looked_at += 1
                self._one(value, row)
        except BadInputError as error:
            unread = max(1, min(row.n, REFUSED_AT_ONCE) - looked_at)
            self._accounts.refuse(str(error)[:200], unread, row.producer)

    def _one(self, value: object, row: InboxRow) -> None:
        aside = codec.Aside()
        try:
            event = _of(row, bounded(codec.from_plain(Event, value, aside), self._limits, row.received_at))
        except BadInputError as error:
            self._refused(value, str(error)[:200], row)
        else:
            self._events.append(Claim(understood(event, aside), row.received_at))

    def _inflated(self, row: InboxRow, limit: int) -> bytes:
        if self._left <= 0:
            raise BadInputError(f"the run has more than {self._limits.run_bytes} bytes of statements")
        content = inflate(row.payload, min(limit, self._left))
        self._left -= len(content)
        return content

    def _refused(self, value: object, reason: str, row: InboxRow) -> None:
        """By its number, where it has one that the row could hold: it came, and is no gap."""
        seq = value.get("seq") if isinstance(value, dict) else None
        if isinstance(seq, int) and row.seq <= seq < row.seq + row.n:
            self._accounts.turn_away(reason, row.producer, seq)
        else:
            self._accounts.refuse(reason, producer=row.producer)

    def delivery(self, stored: RunRef | None, noted: Sequence[LedgerEntry]) -> Delivery:
        """What counts, when all rows have been read."""
        run = identity((*self._events, *self._parts), stored)
        self._accounts.note(entry for entry in noted if run is None or entry.holds_in(run.namespace))
        delivery = Delivery(self._accounts)
        for claim in self._events:
            self._event(delivery, claim.said, run)
        records = list(self._own(run))
        delivery.manifest = latest(parts.join(records))
        delivery.waiting = parts.waiting(records)
        _bound_spans(delivery, self._limits)
        _bound_links(delivery, self._limits)
        return delivery

    def _event(self, delivery: Delivery, event: Event, run: RunRef | None) -> None:
        if event.run != run:
            self._accounts.refuse(f"the event {OTHER}")
        elif self._accounts.came(event.producer, event.seq):
            delivery.events.append(event)
        else:
            delivery.duplicate += 1

    def _own(self, run: RunRef | None) -> Iterable[Manifest]:
        for claim in self._parts:
            if claim.run == run:
                yield claim.said
            else:
                self._accounts.refuse(f"the manifest {OTHER}")


def _of(row: InboxRow, event: Event) -> Event:
    if event.trace_id != row.trace_id:
        raise BadInputError("the event names another run")
    return event


def _bound_spans(delivery: Delivery, limits: Limits) -> None:
    """Spans that only events speak of are bounded; which ones stay does not depend on arrival."""
    claimed = {event.span for event in delivery.events if event.span}
    if len(claimed) <= limits.spans_per_run:
        return
    recorded = _recorded(delivery.manifest) if delivery.manifest else set()
    extra = sorted(claimed - recorded, key=lambda key: (key.task, key.instance, key.attempt, key.operation))
    refused = set(extra[max(0, limits.spans_per_run - len(claimed & recorded)) :])
    reason = f"the run has more than {limits.spans_per_run} spans"
    for event in delivery.events:
        if event.span in refused:
            delivery.accounts.refuse(reason, producer=event.producer)
    delivery.events = [event for event in delivery.events if event.span not in refused]


def _bound_links(delivery: Delivery, limits: Limits) -> None:
    """A link is a row of two runs, and rows are written while the store is held."""
    known: set[tuple[str, str, str]] = set()
    kept: list[Event] = []
    for event in delivery.events:
        more = {(link.kind.value, link.direction.value, link.run.trace_id) for link in event.links} - known
        if more and len(known) + len(more) > limits.links_per_run:
            delivery.accounts.refuse(f"the run has more than {limits.links_per_run} links", producer=event.producer)
            continue
        known |= more
        kept.append(event)
    delivery.events = kept


def _recorded(manifest: Manifest) -> set[SpanKey]:
    return {each.key for each in manifest.attempts} | {each.key for each in manifest.operations}
