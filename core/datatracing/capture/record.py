"""The spool's format: records behind one another, each with a mark, its length and a checksum.

    mark 4 | length of the body 4 | crc32 of length and body 4 | body: kind 1, trace id 16, producer 16, seq 8, JSON

The mark begins with a byte that UTF-8 never uses, so text that a user put into an event cannot look like a record.
Whoever ships needs no JSON decoded: what the store asks for stands in front of it. A changed format takes a new file
suffix, so that older code leaves the file alone.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

MARK = b"\xffDT1"
_HEAD = struct.Struct(">4sI")
_CHECK = struct.Struct(">I")
_BODY = struct.Struct(">c16s16sQ")
OVERHEAD = _HEAD.size + _CHECK.size + _BODY.size
"""Bytes of a record beside its JSON."""


class Kind(bytes, Enum):
    """What the JSON of a record is."""

    EVENT = b"E"
    LOSS = b"L"
    """A LedgerEntry: how many events could not be kept, and why."""
    MANIFEST = b"M"
    """A Manifest that the run's own process has put together. Its number is the moment of that."""


@dataclass(frozen=True)
class Record:
    """One event, loss or manifest, as bytes of JSON. `trace_id` is 32 hex digits, or empty where it is not known."""

    kind: Kind
    trace_id: str
    producer: str
    seq: int
    json: bytes

    def encode(self) -> bytes:
        """The bytes of the whole record."""
        trace = bytes.fromhex(self.trace_id)
        body = _BODY.pack(self.kind.value, trace, self.producer.encode()[:16], self.seq) + self.json
        length = struct.pack(">I", len(body))
        return MARK + length + _CHECK.pack(zlib.crc32(body, zlib.crc32(length))) + body


@dataclass(frozen=True)
class Damage:
    """A stretch of bytes that is not a record. `torn`: a record was begun there and the file ended."""

    size: int
    torn: bool


def scan(data: bytes) -> Iterator[Record | Damage]:
    """Every record that can be trusted, in order, and the stretches between them. Never raises, never invents."""
    at = 0
    while at < len(data):
        found = _read(data, at)
        if found is not None:
            record, at = found
            yield record
            continue
        after = _next_record(data, at + 1)
        yield Damage(after - at, torn=after == len(data) and _begun(data, at))
        at = after


def _read(data: bytes, at: int) -> tuple[Record, int] | None:
    if not data.startswith(MARK, at) or len(data) - at < OVERHEAD:
        return None
    start = at + _HEAD.size + _CHECK.size
    _, length = _HEAD.unpack_from(data, at)
    end = start + length
    if length < _BODY.size or end > len(data):
        return None
    (check,) = _CHECK.unpack_from(data, at + _HEAD.size)
    body = data[start:end]
    if zlib.crc32(body, zlib.crc32(data[at + len(MARK) : at + _HEAD.size])) != check:
        return None
    kind, trace, producer, seq = _BODY.unpack_from(body)
    if kind not in _KINDS:
        return None
    trace_id = trace.hex() if any(trace) else ""
    name = producer.rstrip(b"\0").decode("ascii", "replace")
    return Record(Kind(kind), trace_id, name, seq, body[_BODY.size :]), end


_KINDS = frozenset(kind.value for kind in Kind)


def _next_record(data: bytes, start: int) -> int:
    at = data.find(MARK, start)
    while at >= 0:
        if _read(data, at) is not None:
            return at
        at = data.find(MARK, at + 1)
    return len(data)


def _begun(data: bytes, at: int) -> bool:
    head = data[at : at + _HEAD.size]
    if len(head) < _HEAD.size:
        return MARK.startswith(head[: len(MARK)])
    mark, length = _HEAD.unpack(head)
    return bool(mark == MARK) and at + _HEAD.size + _CHECK.size + length > len(data)
