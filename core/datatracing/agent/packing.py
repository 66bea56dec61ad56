"""Frames become rows: events of one trace and producer with unbroken numbers.

Rows are a pure function of a stretch of a file, so sending the stretch again makes the same rows and the store
recognises them.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from datatracing.capture.frame import Frame

ROW_EVENTS, ROW_BYTES = 500, 1024 * 1024
"""What one row holds at most, so that it can travel and be read at once."""


@dataclass(frozen=True)
class Row:
    """What the inbox holds in one row. `seq` is the number of the first event, the others follow without a gap."""

    trace_id: str
    producer: str
    seq: int
    frames: tuple[Frame, ...]

    @property
    def n(self) -> int:
        """How many events."""
        return len(self.frames)

    @property
    def payload(self) -> bytes:
        """As a store keeps it: zlib of the JSON list."""
        return zlib.compress(b"[" + b",".join(frame.json for frame in self.frames) + b"]", 1)


def rows(events: Iterable[Frame]) -> list[Row]:
    """All events of one stretch."""
    groups: dict[tuple[str, str], dict[int, Frame]] = defaultdict(dict)
    for event in events:
        groups[event.trace_id, event.producer][event.seq] = event
    return [Row(*name, chunk[0].seq, chunk) for name, numbered in groups.items() for chunk in _unbroken(numbered)]


def _unbroken(numbered: dict[int, Frame]) -> Iterator[tuple[Frame, ...]]:
    chunk: list[Frame] = []
    size = 0
    for seq in sorted(numbered):
        size += len(numbered[seq].json)
        if chunk and (seq != chunk[-1].seq + 1 or len(chunk) == ROW_EVENTS or size > ROW_BYTES):
            yield tuple(chunk)
            chunk, size = [], len(numbered[seq].json)
        chunk.append(numbered[seq])
    yield tuple(chunk)
