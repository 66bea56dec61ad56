"""The first page of a spool file: how many events its process has told of each run, and how many of them it lost.

The page is written when the file is made, so there is always room to count, also on a full disk. A number goes up
before the event is appended: whatever is torn off or damaged later is the difference, and names its run.

    head 72: mark 8, made at 8, pid 4, uid 4     54 slots of 72, and one for the runs that got none:
    slot: trace id 16 | producer 8 | first at 8 | emitted 4 | told 4 | lost, by reason 6 x 4 | crc32 of the slot 4
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from datatracing.capture.loss import REASONS
from datatracing.model.loss import Loss

MARK = b"\xffDTPAGE\n"
SIZE = 4096
SLOT = 72
SLOTS = SIZE // SLOT - 1
NAMED = SLOTS - 1
"""Runs that a page tells apart; the last slot is for all others."""
_HEAD = struct.Struct(">8sQII")
_SLOT = struct.Struct(f">16s8sQII{len(REASONS)}I")
_CHECK = struct.Struct(">I")
_MOST = 2**32 - 1
NOBODY, NO_PRODUCER = "0" * 32, "0" * 16
"""Names in a slot that stands for many."""


@dataclass
class Count:
    """What one producer told of one run in this file. `lost` is by reason, in the order of REASONS.

    `told` is how many it has told in all, earlier files included: its next number. `first_at` in microseconds.
    """

    trace_id: str
    producer: str
    first_at: int
    emitted: int = 0
    told: int = 0
    lost: list[int] = field(default_factory=lambda: [0] * len(REASONS))

    def add(self, seq: int) -> None:
        """One more event, under this number."""
        self.emitted = min(self.emitted + 1, _MOST)
        self.told = min(max(self.told, seq + 1), _MOST)

    def add_lost(self, reason: Loss, count: int = 1) -> None:
        """Never more than the slot can hold."""
        index = REASONS.index(reason)
        self.lost[index] = min(self.lost[index] + count, _MOST)

    def encode(self) -> bytes:
        """One slot."""
        names = bytes.fromhex(self.trace_id), bytes.fromhex(self.producer)
        body = _SLOT.pack(*names, self.first_at, self.emitted, self.told, *self.lost)
        return (body + _CHECK.pack(zlib.crc32(body))).ljust(SLOT, b"\0")


@dataclass(frozen=True)
class Head:
    """Who made the file, and when (microseconds)."""

    made_at: int
    pid: int
    uid: int

    def encode(self) -> bytes:
        """An empty page."""
        return _HEAD.pack(MARK, self.made_at, self.pid, self.uid).ljust(SIZE, b"\0")


def place(slot: int) -> int:
    """Where the slot of that number begins."""
    return SLOT * (slot + 1)


def read_head(data: bytes) -> Head | None:
    """None when this is no spool file of ours."""
    if len(data) < SIZE or not data.startswith(MARK):
        return None
    return Head(*_HEAD.unpack_from(data)[1:])


def slots(data: bytes) -> list[Count | None]:
    """Of all numbers; None where a slot is free, or cannot be read: it is damaged, or just being written."""
    return [_read(_slot(data, number)) for number in range(SLOTS)]


def counts(data: bytes) -> Iterator[Count]:
    """What can be read."""
    return (each for each in slots(data) if each is not None)


def unreadable(data: bytes) -> int:
    """How many slots hold something that cannot be read."""
    return sum(any(_slot(data, n)) and _read(_slot(data, n)) is None for n in range(SLOTS))


def _slot(data: bytes, number: int) -> bytes:
    return data[place(number) : place(number + 1)]


def _read(slot: bytes) -> Count | None:
    body = slot[: _SLOT.size]
    if len(slot) < SLOT or not any(slot) or _CHECK.unpack_from(slot, _SLOT.size)[0] != zlib.crc32(body):
        return None
    trace, producer, first_at, emitted, told, *lost = _SLOT.unpack(body)
    return Count(trace.hex(), producer.hex(), first_at, emitted, told, lost)
