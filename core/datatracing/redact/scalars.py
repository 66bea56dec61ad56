"""Single values as JSON has them."""

import math
from enum import Enum
from typing import Any

WORD_LIMIT = 2**63
"""Integers outside a signed 64-bit word become text: no store and no browser takes them as numbers."""
WRITTEN_BITS = 4_096
"""Python refuses to write out integers from 4,300 digits on; nobody reads that many."""
BYTES_LIMIT = 64 * 1024
PLAIN = frozenset({bool, type(None)})


def scalar(value: Any) -> str | int | float | bool | None:
    """Text, a finite number, true, false or None; what has no such form is `<module.Class>`.

    An object is never asked for its own text: that can run anything, take any time, and show everything.
    """
    kind = type(value)
    if kind in PLAIN or kind is str:
        plain: str | bool | None = value
        return plain
    if isinstance(value, Enum):
        return scalar(value.value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return integer(int(value))
    if isinstance(value, float):
        return number(float(value))
    return _uncommon(value)


def integer(value: int) -> int | str:
    """Itself where a 64-bit word holds it."""
    if -WORD_LIMIT <= value < WORD_LIMIT:
        return value
    return str(value) if value.bit_length() <= WRITTEN_BITS else f"<integer of {value.bit_length()} bits>"


def number(value: float) -> float | str:
    """JSON has no infinity and no not-a-number."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _uncommon(value: Any) -> str | int | float:
    from datetime import date, time, timedelta
    from decimal import Decimal
    from numbers import Integral, Real
    from pathlib import PurePath
    from uuid import UUID

    if isinstance(value, bytes | bytearray | memoryview):
        return _decoded(bytes(value[: BYTES_LIMIT + 1]), len(value))
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal | PurePath | timedelta):
        return str(value)
    if isinstance(value, Integral):
        return integer(int(value))
    if isinstance(value, Real):
        return number(float(value))
    return f"<{type(value).__module__}.{type(value).__qualname__}>"


def _decoded(data: bytes, length: int) -> str:
    """Bytes that are text are read as text, so that the rules see what stands in them."""
    try:
        if len(data) <= BYTES_LIMIT:
            return data.decode()
    except UnicodeDecodeError:
        pass
    return f"<{length} bytes>"
