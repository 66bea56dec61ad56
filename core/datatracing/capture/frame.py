"""The spool's format: a page of counts (see `page`), then frames behind one another, then zeros that are reserved.

    mark 4 | length of the body 4 | crc32 of length and body 4 | body: kind 1, trace id 16, producer 8, seq 8, JSON

The mark begins with a byte that UTF-8 never uses, so text that a user put into an event cannot look like a frame.
Whoever ships needs no JSON decoded: what the store asks for stands in front of it. A changed format takes a new file
suffix, so that older code leaves the file alone.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

MARK = b"\xffDT2"
_HEAD = struct.Struct(">4sII")
_LENGTH = struct.Struct(">I")
_BODY = struct.Struct(">c16s8sQ")
OVERHEAD = _HEAD.size + _BODY.size
"""Bytes of a frame beside its JSON."""
IN_VAIN = 3
"""Times the size of the data that may be read in vain behind damages."""


class Kind(bytes, Enum):
    """What the JSON of a frame is."""

    EVENT = b"E"
    MANIFEST = b"M"
    """A Manifest that the run's own process has put together. Its number is the moment of that."""
    NOTICE = b"N"
    """A Notice: for the watcher on this host, never stored."""


@dataclass(frozen=True)
class Frame:
    """One event, manifest or notice, as bytes of JSON. `trace_id` has 32 hex digits, `producer` 16."""

    kind: Kind
    trace_id: str
    producer: str
    seq: int
    json: bytes

    def encode(self) -> bytes:
        """The bytes of the whole frame."""
        trace, producer = bytes.fromhex(self.trace_id), bytes.fromhex(self.producer)
        body = _BODY.pack(self.kind.value, trace, producer, self.seq) + self.json
        check = zlib.crc32(body, zlib.crc32(_LENGTH.pack(len(body))))
        return _HEAD.pack(MARK, len(body), check) + body


@dataclass(frozen=True)
class Placed:
    """A frame and the place in the file behind it."""

    frame: Frame
    end: int


def frames(data: bytes, start: int = 0) -> Iterator[Placed]:
    """The unbroken frames from `start` on; ends at the first byte that does not begin a whole one."""
    while (found := read_frame(data, start)) is not None:
        yield found
        start = found.end


def read_frame(data: bytes, at: int) -> Placed | None:
    """The frame that begins here, if a whole one does."""
    if not data.startswith(MARK, at) or len(data) - at < OVERHEAD:
        return None
    _, length, check = _HEAD.unpack_from(data, at)
    start = at + _HEAD.size
    end = start + length
    if length < _BODY.size or end > len(data):
        return None
    body = memoryview(data)[start:end]
    if zlib.crc32(body, zlib.crc32(_LENGTH.pack(length))) != check:
        return None
    kind, trace, producer, seq = _BODY.unpack_from(body)
    if kind not in _KINDS:
        return None
    return Placed(Frame(Kind(kind), trace.hex(), producer.hex(), seq, bytes(body[_BODY.size :])), end)


_KINDS = frozenset(kind.value for kind in Kind)


class Search:
    """Where frames go on behind damages in these bytes.

    What it reads in vain is bounded for all damages together, so that forged marks cannot make reading slow: whoever
    forges many hides what is behind them, and that is counted.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = IN_VAIN * len(data)

    def behind(self, start: int) -> int | None:
        """The next frame after `start`, where none is; None if there is none."""
        at = start
        while at >= 0 and self._left > 0:
            if at > start and read_frame(self._data, at) is not None:
                return at
            self._left -= _claimed(self._data, at)
            at = self._data.find(MARK, at + 1)
        return None


def _claimed(data: bytes, at: int) -> int:
    """Bytes that were read to find out that here is no frame."""
    marked = data.startswith(MARK, at) and len(data) - at >= _HEAD.size
    length = _HEAD.unpack_from(data, at)[1] if marked else 0
    return max(OVERHEAD, length if at + length <= len(data) else 0)
