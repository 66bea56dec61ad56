"""What could not be kept or delivered, by reason: counted in memory, mirrored to a file, reported to the store."""

import os
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from datatracing.capture.record import Damage, Kind, Record, scan
from datatracing.capture.segment import LOSSES, Segment
from datatracing.errors import BadInputError
from datatracing.model import clock, codec
from datatracing.model.fate import Fate, LedgerEntry

KEYS = 64
"""Runs that are told apart in one report; what exceeds them is added up without the run's name."""


class Loss(str, Enum):
    """Why. What the store refused adds the store's own word after a colon."""

    SPOOL_FULL = "spool_full"
    DISK_FULL = "disk_full"
    SPOOL_UNWRITABLE = "spool_unwritable"
    TOO_BIG = "event_too_big"
    TORN = "spool_torn"
    CORRUPT = "spool_corrupt"
    REFUSED = "refused_by_store"
    INTERNAL = "internal_error"
    MANIFEST = "manifest"
    """Not an event; why follows after a colon. The orchestrator's own record completes the run all the same."""

    def __str__(self) -> str:
        return self.value


@dataclass
class LossReport:
    """Entries that no longer change, so that reporting them again reports the same; `segment` is their copy on disk."""

    entries: list[LedgerEntry]
    segment: Segment | None = None

    def remove(self) -> None:
        """It has arrived."""
        if self.segment is not None:
            self.segment.remove()

    def close(self) -> None:
        """It has not; the file stays for whoever adopts it."""
        if self.segment is not None:
            self.segment.close()


def read_losses(segment: Segment) -> LossReport:
    """The report that a dead process left. What cannot be read counts as one more loss."""
    read = [_entry(found) for found in scan(segment.read())]
    entries = [entry for entry in read if entry is not None]
    if damaged := len(read) - len(entries):
        entries.append(LedgerEntry(Fate.LOST, Loss.CORRUPT.value, damaged, clock.now(), producer=segment.producer))
    return LossReport(entries, segment)


def _entry(found: Record | Damage) -> LedgerEntry | None:
    try:
        return codec.loads(LedgerEntry, found.json) if isinstance(found, Record) else None
    except BadInputError:
        return None


class LossBook:
    """The losses of one process. The file is written at every loss, so that a kill hides none that a disk could hold.

    The caller sees to it that one thread at a time is in here.
    """

    def __init__(self, directory: Path, producer: str) -> None:
        self._directory = directory
        self._producer = producer
        self._numbered = 0
        self._open: dict[tuple[str, str, str], LedgerEntry] = {}
        self._written: dict[tuple[str, str, str], bytes] = {}
        self._segment: Segment | None = None

    def add(self, reason: str, count: int = 1, trace_id: str = "", producer: str = "") -> None:
        """`count` events are lost. Never raises."""
        key = (reason, trace_id, producer or self._producer)
        if key not in self._open and len(self._open) >= KEYS:
            key = (reason, "", self._producer)
        known = self._open.get(key) or LedgerEntry(Fate.LOST, reason, 0, clock.now(), key[1], key[2])
        self._open[key] = replace(known, count=known.count + count)
        self._written[key] = _record(self._open[key])
        self._mirror(b"".join(self._written.values()))

    def pending(self) -> bool:
        """Whether there is something to report."""
        return bool(self._open)

    def close_report(self) -> LossReport:
        """What has been counted so far; later losses go into the next report."""
        report = LossReport(list(self._open.values()), self._segment)
        self._open, self._written, self._segment = {}, {}, None
        return report

    def close(self) -> None:
        """The process ends: the file stays for whoever adopts it."""
        if self._segment is not None:
            self._segment.close()

    def _mirror(self, data: bytes) -> None:
        """A disk that takes nothing leaves the count in memory; the next loss tries again."""
        try:
            if self._segment is not None:
                self._segment = self._segment.replaced(data)
            else:
                self._segment = self._first(data)
        except OSError:
            return

    def _first(self, data: bytes) -> Segment | None:
        self._numbered += 1
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        segment = Segment.create(self._directory / f"{self._producer}-{os.getpid()}-{self._numbered}{LOSSES}")
        if segment is not None:
            try:
                segment.append(data)
            except OSError:
                segment.remove()
                raise
        return segment


def _record(entry: LedgerEntry) -> bytes:
    return Record(Kind.LOSS, entry.trace_id, entry.producer, 0, codec.dumps(entry)).encode()
