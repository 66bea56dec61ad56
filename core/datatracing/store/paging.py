"""How a list of runs is cut into pages. Shared, so that every store orders and pages alike."""

import binascii
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from datatracing.errors import BadInputError

NEVER = -(2**63)
"""The place of a run without a start. A NULL would sort differently on each database."""

_PACKED = struct.Struct(">qq")
_SEAL_BYTES = 8


@dataclass(frozen=True, order=True)
class Position:
    """Where a run stands in the list: by its start in microseconds, then by the number the store gave it."""

    started_at: int
    number: int

    def cursor(self) -> str:
        """URL-safe text. The digest is no secret: it tells a damaged cursor from a whole one."""
        packed = _PACKED.pack(self.started_at, self.number)
        return urlsafe_b64encode(packed + _digest(packed)).decode().rstrip("=")


def position(cursor: str) -> Position:
    """The place behind a cursor. BadInputError when no store of ours wrote it."""
    try:
        data = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (ValueError, binascii.Error) as error:
        raise _not_ours(cursor) from error
    packed, digest = data[: _PACKED.size], data[_PACKED.size :]
    if len(packed) != _PACKED.size or digest != _digest(packed) or Position(*_PACKED.unpack(packed)).cursor() != cursor:
        raise _not_ours(cursor)
    return Position(*_PACKED.unpack(packed))


def checked_limit(limit: int) -> int:
    """The limit itself. BadInputError below 1: what a database makes of that differs, and is never what was meant."""
    if limit < 1:
        raise BadInputError(f"limit must be at least 1, not {limit}")
    return limit


def _digest(packed: bytes) -> bytes:
    return sha256(b"datatracing.runs" + packed).digest()[:_SEAL_BYTES]


def _not_ours(cursor: str) -> BadInputError:
    return BadInputError(f"cursor {cursor[:40]!r} is not one that this store gave; start again without a cursor")
