"""W3C Trace Context: the `traceparent` of a run's conf, a header or a tag.

It comes from outside and may be forged or cut, so it is read strictly: what is not exactly one is none.
"""

import re
from dataclasses import dataclass

VERSION = "00"
SAMPLED = 0x01
_SHAPE = re.compile(r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})")
LONGEST = 512
"""A later version may append fields; nothing sensible is longer."""


@dataclass(frozen=True)
class Traceparent:
    """Where a caller stands: its trace id (32 hex digits), its span id (16), and whether it is being recorded."""

    trace_id: str
    span_id: str
    sampled: bool = True

    def __str__(self) -> str:
        """As it goes into a header."""
        return f"{VERSION}-{self.trace_id}-{self.span_id}-{SAMPLED if self.sampled else 0:02x}"


def parse_traceparent(value: object) -> Traceparent | None:
    """None for anything that is not one: wrong type or length, capitals, all zeros, the forbidden version ff.

    A version after 00 may append `-` and more, which is left unread, as the standard asks.
    """
    if not isinstance(value, str) or len(value) > LONGEST:
        return None
    match = _SHAPE.match(value)
    if match is None or not _well_ended(match["version"], value[match.end() :]):
        return None
    if not match["trace"].strip("0") or not match["parent"].strip("0"):
        return None
    return Traceparent(match["trace"], match["parent"], bool(int(match["flags"], 16) & SAMPLED))


def _well_ended(version: str, rest: str) -> bool:
    if version == VERSION:
        return not rest
    return version != "ff" and (not rest or rest.startswith("-"))
