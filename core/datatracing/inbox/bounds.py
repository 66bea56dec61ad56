"""What a statement may claim, checked when it comes in and again before it is folded: a spool can be written by anybody
who owns it. BadInputError says which bound was passed; the numbers and names inside them fit every store.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from datatracing.errors import BadInputError
from datatracing.inbox.limits import Limits
from datatracing.inbox.packing import RESERVED
from datatracing.model import clock
from datatracing.model.event import Event, Times
from datatracing.model.fate import LedgerEntry
from datatracing.model.ids import is_trace_id
from datatracing.model.link import AssetUse, Link
from datatracing.model.manifest import Manifest
from datatracing.model.run import FOREIGN, ORCHESTRATORS, RunRef, SpanKey

AHEAD = 300 * clock.SECOND
"""How far ahead of ours another clock may be. What is due later (`scheduled_at`) may be due at any time."""
SEQ, INDEX, COUNT = 2**53, 2**31, 2**40
"""Numbers are below these: a producer's numbers, map indexes and attempts, and a count of losses."""
NAME, NAMESPACE, REASON, WORD, URI = 1_000, 200, 200, 200, 4_000
"""Bytes of a pipeline, run, task, key or operation; a namespace; a reason; a raw state or reporter; an asset."""
DEPTH = 32
"""Of attributes: objects and lists inside one another."""

_PRODUCER = re.compile(r"[!-~]{1,64}")
_UNFIT = re.compile("[\x00\x1a\ud800-\udfff]")


def bounded(event: Event, limits: Limits, now: int) -> Event:
    """The event itself, if a producer of ours could have written it by this moment."""
    run(event.run)
    producer(event.producer)
    if not 0 <= event.seq < SEQ:
        raise BadInputError(f"event.seq must be from 0 to 2**53, not {event.seq}")
    _times(event.times, now, event.at)
    if event.span is not None:
        _span(event.span)
    _word("event.raw_state", event.raw_state or "")
    _word("event.reporter", event.reporter)
    _few(event, limits.links_per_event)
    _links(event.links)
    _assets(event.assets)
    _flat(event.attributes)
    return event


def _few(event: Event, limit: int) -> None:
    if max(map(len, (event.links, event.assets, event.dependencies, event.records))) > limit:
        raise BadInputError(f"event has more than {limit} links, assets, dependencies or records")


def bounded_record(manifest: Manifest, limits: Limits, now: int) -> Manifest:
    """The manifest, or the part of one, if it could have been read by this moment."""
    run(manifest.run)
    if not 0 <= manifest.part < manifest.parts <= limits.parts:
        raise BadInputError(f"a manifest has from 1 to {limits.parts} parts, counted from 0")
    if len(manifest.aliases) > limits.aliases or any(len(alias) > 64 for alias in manifest.aliases):
        raise BadInputError(f"a manifest has at most {limits.aliases} aliases, each a trace id")
    _times(manifest.times, now, manifest.observed_at)
    _word("manifest.raw_state", manifest.raw_state)
    _links(manifest.links)
    _flat(manifest.attributes)
    for attempt in manifest.attempts:
        _span(attempt.key)
        _times(attempt.times, now)
        _word("manifest.attempts.raw_state", attempt.raw_state)
        _assets(attempt.assets)
        _flat(attempt.attributes)
    for operation in manifest.operations:
        _span(operation.key)
        _times(operation.times, now)
        _word("manifest.operations.raw_state", operation.raw_state)
        _flat(operation.attributes)
    return manifest


def bounded_loss(entry: LedgerEntry, now: int) -> LedgerEntry:
    """The entry, if it can be one of ours. A count of 0: something is lost, and nobody can say how much. A clock that
    is ahead must not hide a loss, so `at` is only brought back."""
    if not 0 <= entry.count < COUNT:
        raise BadInputError(f"a loss has a count from 0 to 2**40, not {entry.count}")
    if not 0 <= entry.told <= SEQ:
        raise BadInputError(f"a loss is of a producer that has told from 0 to 2**53 events, not {entry.told}")
    if entry.trace_id and not is_trace_id(entry.trace_id):
        raise BadInputError("the trace id of a loss has 32 hex digits, or is empty")
    _text("the reason of a loss", entry.reason, REASON, empty=False)
    if entry.producer:
        producer(entry.producer)
    return replace(entry, at=min(max(entry.at, 0), now + AHEAD))


def run(ref: RunRef) -> None:
    """A run of an orchestrator that we know, with names that every store can hold."""
    if ref.orchestrator not in ORCHESTRATORS:
        raise BadInputError(f"the orchestrator must be one of {', '.join(ORCHESTRATORS)}")
    _names(ref)


def producer(name: str) -> None:
    """A short name without spaces."""
    if not _PRODUCER.fullmatch(name) or name in RESERVED:
        raise BadInputError(f"a producer has from 1 to 64 signs of ASCII and is not {', '.join(sorted(RESERVED))}")


def _names(ref: RunRef) -> None:
    _text("the namespace", ref.namespace, NAMESPACE, empty=False)
    _text("the pipeline", ref.pipeline, NAME)
    _text("the run id", ref.run_id, NAME, empty=False)


def _span(key: SpanKey) -> None:
    if not key.task and not key.operation:
        raise BadInputError("event.span.task must not be empty where there is no operation")
    if not (-1 <= key.map_index < INDEX and 0 <= key.attempt < INDEX):
        raise BadInputError("a span has a map_index from -1 and an attempt from 0 on, both below 2**31")
    for text in (key.task, key.map_key, key.operation):
        _text("the name of a span", text, NAME)


def _links(links: Iterable[Link]) -> None:
    for link in links:
        if link.run.orchestrator != FOREIGN:
            run(link.run)
        elif not is_trace_id(link.run.trace_id) or link.run.trace_id != link.run.run_id:
            raise BadInputError("the other end of a w3c link is named by its trace id")
        else:
            _names(link.run)


def _assets(uses: Iterable[AssetUse]) -> None:
    for use in uses:
        _text("the URI of an asset", use.uri, URI)


def _word(what: str, text: str) -> None:
    _text(what, text, WORD)


def _text(what: str, text: str, limit: int, *, empty: bool = True) -> None:
    if not text and not empty:
        raise BadInputError(f"{what} must not be empty")
    if _UNFIT.search(text):
        raise BadInputError(f"{what} has a character that no store can hold: NUL, SUB, or half a surrogate pair")
    if len(text) * 4 > limit and len(text.encode()) > limit:
        raise BadInputError(f"{what} is longer than {limit} bytes")


def _times(times: Times, now: int, *more: int) -> None:
    for at in (times.queued_at, times.started_at, times.ended_at, *more):
        if at is not None:
            _moment(at, now)
    if times.scheduled_at is not None and not 0 <= times.scheduled_at <= clock.LATEST:
        raise BadInputError("a time is outside the years 1970 to 9999")


def _moment(at: int, now: int) -> None:
    if not 0 <= at <= clock.LATEST:
        raise BadInputError("a time is outside the years 1970 to 9999")
    if at > now + AHEAD:
        raise BadInputError("a time is more than 5 minutes ahead of the collector's clock")


def _flat(attributes: Mapping[str, Any]) -> None:
    """Without recursion: what is checked here is that others may recurse."""
    layer = [value for value in attributes.values() if isinstance(value, dict | list)]
    for _ in range(DEPTH):
        if not layer:
            return
        inside = (each.values() if isinstance(each, dict) else each for each in layer)
        layer = [value for values in inside for value in values if isinstance(value, dict | list)]
    if layer:
        raise BadInputError(f"attributes are nested more than {DEPTH} deep")
