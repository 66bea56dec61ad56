"""How a list of runs is cut into pages. Shared, so that every store orders and pages alike."""

import binascii
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from datatracing.errors import BadInputError
from datatracing.store.summary import RunSummary

NEVER = -(2**63)
"""The place of a run without any time. A NULL would sort differently on each database."""
LAST = 2**63 - 1
"""Above every number that a store gives to a run."""

_PACKED = struct.Struct(">q16s")
_SEAL_BYTES = 8


@dataclass(frozen=True)
class Place:
    """Where a list goes on: behind this run, which its reader has seen.

    Not by the number that orders runs of one moment: it counts the runs of everybody, and a reader who is shown two of
    them would know how many others came in between.
    """

    order_at: int
    trace_id: str

    def cursor(self) -> str:
        """URL-safe text. The digest is no secret: it tells a damaged cursor from a whole one."""
        packed = _PACKED.pack(self.order_at, bytes.fromhex(self.trace_id))
        return urlsafe_b64encode(packed + _digest(packed)).decode().rstrip("=")


def place_of(summary: RunSummary) -> Place:
    """The place behind this run."""
    return Place(order_at(summary), summary.trace_id)


def order_at(summary: RunSummary) -> int:
    """What a list is ordered by first, and what `since` asks of, in microseconds: the start, or for a run that never
    started when it was queued, due, or over."""
    times = summary.times
    known = (times.started_at, times.queued_at, times.scheduled_at, times.ended_at)
    return next((at for at in known if at is not None), NEVER)


def place(cursor: str) -> Place:
    """The place behind a cursor. BadInputError when no store of ours wrote it."""
    try:
        data = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (ValueError, binascii.Error) as error:
        raise _not_ours(cursor) from error
    packed, digest = data[: _PACKED.size], data[_PACKED.size :]
    if len(packed) != _PACKED.size or digest != _digest(packed):
        raise _not_ours(cursor)
    at, key = _PACKED.unpack(packed)
    found = Place(at, key.hex())
    if found.cursor() != cursor:
        raise _not_ours(cursor)
    return found


def checked_limit(limit: int) -> int:
    """The limit itself. BadInputError below 1: what a database makes of that differs, and is never what was meant."""
    if limit < 1:
        raise BadInputError(f"limit must be at least 1, not {limit}")
    return limit


def _digest(packed: bytes) -> bytes:
    return sha256(b"datatracing.runs" + packed).digest()[:_SEAL_BYTES]


def _not_ours(cursor: str) -> BadInputError:
    return BadInputError(f"cursor {cursor[:40]!r} is not one that this store gave; start again without a cursor")
