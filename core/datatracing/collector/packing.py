"""Inbox rows: many events of one trace and producer in one payload, or one manifest."""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from datatracing.errors import BadInputError
from datatracing.model import codec
from datatracing.model.event import Event
from datatracing.model.manifest import Manifest
from datatracing.store.port import Content, InboxRow


def pack_events(events: Iterable[Event], *, per_row: int, received_at: int) -> list[InboxRow]:
    """Rows of consecutive events. Only unbroken runs of numbers share a row: (seq, n) then fixes what is in it, and a
    batch that is sent again under other boundaries can never hide an event behind a row that is already there."""
    groups: dict[tuple[str, str], dict[int, Event]] = defaultdict(dict)
    for event in events:
        groups[event.trace_id, event.producer][event.seq] = event
    return [
        _row(trace_id, producer, chunk, received_at)
        for (trace_id, producer), by_seq in groups.items()
        for chunk in _unbroken(by_seq, per_row)
    ]


def pack_manifest(manifest: Manifest, received_at: int) -> InboxRow:
    """One row; its number is the moment at which the orchestrator's record was read."""
    payload = zlib.compress(codec.dumps(manifest), 1)
    number, n = manifest.observed_at, len(manifest.attempts)
    return InboxRow(manifest.trace_id, manifest.producer, number, Content.MANIFEST, n, payload, received_at)


def inflate(payload: bytes, limit: int) -> bytes:
    """The JSON behind a payload. BadInputError when it is not zlib, is cut off, or is larger than `limit` bytes."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(payload, limit)
    except zlib.error as error:
        raise BadInputError(f"the payload is not zlib data: {error}") from error
    if stream.unconsumed_tail:
        raise BadInputError(f"the payload inflates to more than {limit} bytes")
    if not stream.eof:
        raise BadInputError("the payload is cut off")
    return data


def unpack_events(payload: bytes, limit: int) -> list[Any]:
    """The decoded JSON values of a row of events, not validated one by one yet."""
    try:
        values = json.loads(inflate(payload, limit))
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"the payload is not JSON: {error}") from error
    if not isinstance(values, list):
        raise BadInputError("the payload is not a list of events")
    return values


def _unbroken(by_seq: dict[int, Event], per_row: int) -> Iterator[list[Event]]:
    chunk: list[Event] = []
    for seq in sorted(by_seq):
        if chunk and (seq != chunk[-1].seq + 1 or len(chunk) == per_row):
            yield chunk
            chunk = []
        chunk.append(by_seq[seq])
    if chunk:
        yield chunk


def _row(trace_id: str, producer: str, events: list[Event], received_at: int) -> InboxRow:
    payload = zlib.compress(b"[" + b",".join(codec.dumps(event) for event in events) + b"]", 1)
    return InboxRow(trace_id, producer, events[0].seq, Content.EVENTS, len(events), payload, received_at)
