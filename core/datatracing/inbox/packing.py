"""Inbox rows: many events of one trace and producer in one payload, or one manifest."""

import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from datatracing.errors import BadInputError
from datatracing.inbox.row import Content, InboxRow
from datatracing.model import codec
from datatracing.model.event import Event
from datatracing.model.fate import LedgerEntry
from datatracing.model.manifest import BY_ORCHESTRATOR, BY_RUN, Manifest

BY_LEDGER = "ledger"
RESERVED = frozenset({BY_ORCHESTRATOR, BY_RUN, BY_LEDGER})
"""Producers of rows that are no events."""
ROW_EVENTS, ROW_BYTES = 500, 1024 * 1024
"""Of one row, before compression; one event that is larger has a row of its own."""
PEEK = 1_000
PIECE = 64 * 1024
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
_SPACE = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True)
class Unbroken:
    """Events of one trace and producer, as JSON, with the numbers seq, seq + 1 and so on: what one row holds.

    (seq, n) fixes what is in a row, so a batch that is sent again under other boundaries can never hide an event behind
    a row that is already there.
    """

    trace_id: str
    producer: str
    seq: int
    events: tuple[bytes, ...]

    @property
    def n(self) -> int:
        """How many events."""
        return len(self.events)

    @property
    def size(self) -> int:
        """Bytes of JSON."""
        return sum(map(len, self.events))

    def row(self, received_at: int) -> InboxRow:
        """As a store keeps it."""
        payload = zlib.compress(b"[" + b",".join(self.events) + b"]", 1)
        return InboxRow(self.trace_id, self.producer, self.seq, Content.EVENTS, self.n, payload, received_at)


def unbroken(numbered: Iterable[tuple[str, str, int, bytes]], per_row: int = ROW_EVENTS) -> list[Unbroken]:
    """Events, each with its trace, producer and number, as they share rows. The same events make the same rows."""
    groups: dict[tuple[str, str], dict[int, bytes]] = defaultdict(dict)
    for trace_id, producer, seq, event in numbered:
        groups[trace_id, producer][seq] = event
    return [Unbroken(*name, *chunk) for name, by_seq in groups.items() for chunk in _chunks(by_seq, per_row)]


def pack_events(events: Iterable[Event], *, per_row: int, received_at: int) -> list[InboxRow]:
    """Events as rows of at most so many."""
    numbered = ((event.trace_id, event.producer, event.seq, codec.dumps(event)) for event in events)
    return [each.row(received_at) for each in unbroken(numbered, per_row)]


def pack_manifest(manifest: Manifest, received_at: int) -> InboxRow:
    """One row for a manifest or one part of it; its number is the moment at which the record was read."""
    content = codec.dumps(manifest)
    number, n = manifest.observed_at, zlib.crc32(content) >> 1
    payload = zlib.compress(content, 1)
    return InboxRow(manifest.trace_id, manifest.producer, number, Content.MANIFEST, n, payload, received_at)


def pack_loss(entry: LedgerEntry, received_at: int) -> InboxRow:
    """A new loss of a run, or one that has grown, is another row; one that is told again is not."""
    n = zlib.crc32(codec.dumps(entry)) >> 1
    return InboxRow(entry.trace_id, BY_LEDGER, entry.at, Content.LOSS, n, b"", received_at)


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


def inflated(payload: bytes, most: int) -> int:
    """How many bytes there are behind a payload; no further than a little over `most`. What is not zlib has none."""
    stream, size = zlib.decompressobj(), 0
    try:
        while payload and size <= most:
            size += len(stream.decompress(payload, PIECE))
            payload = stream.unconsumed_tail
    except zlib.error:
        return size
    return size


def unpack_events(content: bytes) -> Iterator[Any]:
    """The decoded JSON values of a row of events, not validated yet. Each is decoded when it is asked for, since one
    call of the decoder for all of them would hold the interpreter."""
    try:
        yield from _items(content.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"the payload is not JSON: {error}") from error


def _items(text: str) -> Iterator[Any]:
    at = _past_space(text, 0)
    if not text.startswith("[", at):
        json.loads(text[:PEEK])
        raise BadInputError("the payload is not a list of events")
    at = _past_space(text, at + 1)
    while not text.startswith("]", at):
        value, at = _DECODER.raw_decode(text, at)
        yield value
        at = _past_space(text, at)
        if text.startswith(",", at):
            at = _past_space(text, at + 1)
        elif not text.startswith("]", at):
            raise ValueError("a list of events is cut off")


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _chunks(by_seq: Mapping[int, bytes], per_row: int) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    first, size = 0, 0
    chunk: list[bytes] = []
    for seq, event in sorted(by_seq.items()):
        if chunk and (seq != first + len(chunk) or len(chunk) == per_row or size + len(event) > ROW_BYTES):
            yield first, tuple(chunk)
            chunk, size = [], 0
        first = first if chunk else seq
        chunk.append(event)
        size += len(event)
    if chunk:
        yield first, tuple(chunk)
