"""What is waiting in a spool directory, for people who ask."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from datatracing.capture.adoption import spool_files
from datatracing.capture.quarantine import FOLDER
from datatracing.capture.record import Damage, Kind, Record, scan
from datatracing.capture.segment import Segment


@dataclass(frozen=True)
class SpoolFile:
    """One file. `owner`: live (a process holds it), dead (it waits for adoption) or quarantined (it is not shipped).

    `size` in bytes, `modified_at` in microseconds; `damaged` counts stretches that are not records.
    """

    path: Path
    owner: str
    size: int
    events: int
    losses: int
    damaged: int
    modified_at: int


def spool_status(spool_dir: Path) -> list[SpoolFile]:
    """Every file, oldest first. A directory that is not there has none; reading never disturbs its owners."""
    waiting = [_described(path, _owner(path)) for path in spool_files(spool_dir)]
    aside = [_described(path, "quarantined") for path in spool_files(spool_dir / FOLDER)]
    return sorted((file for file in (*waiting, *aside) if file), key=lambda file: (file.modified_at, file.path))


def pending(spool_dir: Path, trace_id: str) -> int:
    """How many events of this run have not been shipped yet."""
    return sum(_events_of(path, trace_id) for path in spool_files(spool_dir))


def _events_of(path: Path, trace_id: str) -> int:
    try:
        found = scan(path.read_bytes())
    except OSError:  # shipped in the meantime
        return 0
    return sum(1 for each in found if isinstance(each, Record) and _is_event(each) and each.trace_id == trace_id)


def _owner(path: Path) -> str:
    segment = Segment.adopt(path)
    if segment is None:
        return "live"
    segment.close()
    return "dead"


def _described(path: Path, owner: str) -> SpoolFile | None:
    try:
        data, modified = path.read_bytes(), path.stat().st_mtime_ns
    except OSError:  # shipped in the meantime
        return None
    found = Counter(_sort(each) for each in scan(data))
    return SpoolFile(path, owner, len(data), found["event"], found["loss"], found["damage"], modified // 1000)


def _sort(found: Record | Damage) -> str:
    if isinstance(found, Damage):
        return "damage"
    return _SORTS[found.kind]


_SORTS = {Kind.EVENT: "event", Kind.LOSS: "loss", Kind.MANIFEST: "manifest"}


def _is_event(record: Record) -> bool:
    return record.kind is Kind.EVENT
