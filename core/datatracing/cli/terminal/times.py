"""Times and durations as a person reads them."""

from datatracing.model.clock import SECOND, parse_rfc3339

MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND


def at(text: str | None) -> int | None:
    """Microseconds of a time in a document."""
    return None if text is None else parse_rfc3339(text)


def clock(text: str | None) -> str:
    """`2025-01-31 06:00:00`."""
    return "" if text is None else text[:19].replace("T", " ")


def took(micros: int | None) -> str:
    """Two units at most: `850ms`, `12.3s`, `1m 08s`, `2h 05m`, `3d 04h`."""
    if micros is None:
        return ""
    if micros < SECOND:
        return f"{micros // 1_000}ms"
    if micros < MINUTE:
        return f"{micros // 100_000 / 10:.1f}s"
    if micros < HOUR:
        return f"{micros // MINUTE}m {micros % MINUTE // SECOND:02d}s"
    if micros < DAY:
        return f"{micros // HOUR}h {micros % HOUR // MINUTE:02d}m"
    return f"{micros // DAY}d {micros % DAY // HOUR:02d}h"
