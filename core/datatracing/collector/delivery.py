"""Everything the inbox holds about one trace, read and counted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from datatracing.collector.accept import bounded
from datatracing.collector.limits import Limits
from datatracing.collector.packing import inflate, unpack_events
from datatracing.errors import BadInputError
from datatracing.model import codec
from datatracing.model.event import Event
from datatracing.model.fate import Books, Fate, LedgerEntry
from datatracing.model.fold import latest
from datatracing.model.manifest import Manifest
from datatracing.model.run import SpanKey
from datatracing.store.port import Content, InboxRow


@dataclass
class Delivery:
    """Events by identity, the latest manifest, and what could not be read, with its reason and count."""

    trace_id: str
    limits: Limits
    events: list[Event] = field(default_factory=list)
    manifest: Manifest | None = None
    duplicate: int = 0
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    numbers: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def books(self, *, kept: bool, refused_before: int = 0, reported_lost: int = 0) -> Books:
        """`refused_before` and `reported_lost` come from the ledger: what was refused at the door leaves a gap in the
        numbers and must not be counted as lost too; what a spool could not hold may leave none."""
        refused = sum(self.refused.values())
        lost = max(self.gaps - refused_before, reported_lost, 0)
        stored = len(self.events)
        return Books(
            emitted=stored + self.duplicate + refused + refused_before + lost,
            stored=stored if kept else 0,
            sampled_out=0 if kept else stored,
            duplicate=self.duplicate,
            rejected=refused + refused_before,
            lost=lost,
        )

    @property
    def gaps(self) -> int:
        """Numbers that a producer has used and that never came."""
        return sum(max(seen) + 1 - len(seen) for seen in self.numbers.values() if seen)

    @property
    def fingerprint(self) -> str:
        """The same for the same events and record, whenever they were read and however they were packed."""
        whole = sha256()
        for event in sorted(f"{event.producer}/{event.seq}" for event in self.events):
            whole.update(event.encode("utf-8", "surrogatepass") + b"\n")
        if self.manifest is not None:
            whole.update(manifest_content(self.manifest))
        return whole.hexdigest()[:32]

    def entries(self, noted: Mapping[str, int], at: int) -> list[LedgerEntry]:
        """What was refused while reading and is not in the ledger yet (`noted`: counts by reason)."""
        return [
            LedgerEntry(Fate.REJECTED, reason, count - noted.get(reason, 0), at, self.trace_id)
            for reason, count in sorted(self.refused.items())
            if count > noted.get(reason, 0)
        ]


def manifest_content(manifest: Manifest) -> bytes:
    """The record without the moment at which it was read."""
    return codec.dumps(replace(manifest, observed_at=0))


def read(trace_id: str, rows: Iterable[InboxRow], limits: Limits) -> Delivery:
    """Never raises for what is in the rows: a row or event that cannot be read is counted, the others count."""
    delivery = Delivery(trace_id, limits)
    manifests: list[Manifest] = []
    for row in sorted(rows, key=lambda row: (row.producer, row.seq, row.n, row.payload)):
        try:
            if row.content is Content.MANIFEST:
                manifests.append(_manifest(row, limits))
            else:
                _events(delivery, row)
        except BadInputError as error:
            delivery.refused[str(error)[:200]] += row.n if row.content is Content.EVENTS else 1
    delivery.manifest = latest(manifests)
    _bound_spans(delivery)
    return delivery


def _manifest(row: InboxRow, limits: Limits) -> Manifest:
    manifest = codec.loads(Manifest, inflate(row.payload, limits.manifest_bytes))
    if manifest.trace_id != row.trace_id:
        raise BadInputError("the manifest names another run")
    return manifest


def _events(delivery: Delivery, row: InboxRow) -> None:
    for value in unpack_events(row.payload, delivery.limits.row_bytes):
        try:
            event = _own(bounded(codec.from_plain(Event, value), delivery.limits), row)
        except BadInputError as error:
            delivery.refused[str(error)[:200]] += 1
            continue
        if event.seq in delivery.numbers[event.producer]:
            delivery.duplicate += 1
            continue
        delivery.numbers[event.producer].add(event.seq)
        delivery.events.append(event)


def _own(event: Event, row: InboxRow) -> Event:
    if event.trace_id != row.trace_id:
        raise BadInputError("the event names another run")
    return event


def _bound_spans(delivery: Delivery) -> None:
    """Spans that only events speak of are bounded; which ones stay does not depend on arrival."""
    claimed = {event.span for event in delivery.events if event.span}
    if len(claimed) <= delivery.limits.spans_per_run:
        return
    recorded = _recorded(delivery.manifest) if delivery.manifest else set()
    extra = sorted(claimed - recorded, key=lambda key: (key.task, key.instance, key.attempt, key.operation))
    refused = set(extra[max(0, delivery.limits.spans_per_run - len(claimed & recorded)) :])
    kept = [event for event in delivery.events if event.span not in refused]
    reason = f"the run has more than {delivery.limits.spans_per_run} spans"
    delivery.refused[reason] += len(delivery.events) - len(kept)
    delivery.events = kept


def _recorded(manifest: Manifest) -> set[SpanKey]:
    return {each.key for each in manifest.attempts} | {each.key for each in manifest.operations}
