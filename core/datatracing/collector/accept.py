"""Events come in: validated, bounded, packed into the inbox. What is refused meets a recorded fate."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from datatracing.collector.limits import Limits
from datatracing.collector.packing import pack_events
from datatracing.errors import BadInputError
from datatracing.model import clock, codec
from datatracing.model.event import Event
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.store.port import Store


@dataclass(frozen=True)
class Refusal:
    """`count` events were refused for this reason."""

    reason: str
    count: int


@dataclass(frozen=True)
class Receipt:
    """What became of one delivery; the three add up to what was sent."""

    accepted: int = 0
    duplicate: int = 0
    rejected: tuple[Refusal, ...] = ()


def accept(
    store: Store, lines: Iterable[bytes], limits: Limits, redact: Callable[[Event], Event] | None = None
) -> Receipt:
    """Store events given as JSON, one each. Durable on return; after a StoreUnreachableError send the same again.

    A bad event never takes a good one with it: it is refused, with its reason in the ledger. `redact` is law 7 for
    producers that are not ours; what ours has redacted already it leaves as it is.
    """
    at = clock.now()
    good, refused = _sort_out(lines, limits)
    rows = pack_events(map(redact, good) if redact else good, per_row=limits.events_per_row, received_at=at)
    # One row at a time, because a batch would only say how many rows were new and not which.
    accepted = sum(row.n for row in rows if store.append([row]))
    store.record([LedgerEntry(Fate.REJECTED, reason, count, at, trace) for (trace, reason), count in refused.items()])
    by_reason: Counter[str] = Counter()
    for (_, reason), count in refused.items():
        by_reason[reason] += count
    return Receipt(accepted, len(good) - accepted, tuple(Refusal(*each) for each in sorted(by_reason.items())))


def _sort_out(lines: Iterable[bytes], limits: Limits) -> tuple[list[Event], Counter[tuple[str, str]]]:
    good: list[Event] = []
    refused: Counter[tuple[str, str]] = Counter()
    for line in lines:
        trace_id = ""
        try:
            event = read_event(line, limits)
            trace_id = event.trace_id
            good.append(event)
        except BadInputError as error:
            refused[trace_id, str(error)[:200]] += 1
    return good, refused


def read_event(line: bytes, limits: Limits) -> Event:
    """One event, checked against the limits. BadInputError says what is wrong with it."""
    if len(line) > limits.event_bytes:
        raise BadInputError(f"event is larger than {limits.event_bytes} bytes")
    return bounded(codec.loads(Event, line), limits)


def bounded(event: Event, limits: Limits) -> Event:
    """The event itself, if it is within the limits and could have been written by a producer of ours."""
    if len(event.links) > limits.links_per_event:
        raise BadInputError(f"event has more than {limits.links_per_event} links")
    if event.seq < 0 or event.at < 0 or not event.producer:
        raise BadInputError("event needs a producer, and seq and at must not be negative")
    if event.span is not None and not event.span.task and not event.span.operation:
        raise BadInputError("event.span.task must not be empty")
    if len(event.dependencies) > limits.links_per_event or len(event.records) > limits.links_per_event:
        raise BadInputError(f"event has more than {limits.links_per_event} dependencies or records")
    if any(at is not None and not 0 <= at <= clock.LATEST for at in (event.at, *vars(event.times).values())):
        raise BadInputError("event has a time outside the years 1970 to 9999")
    return event
