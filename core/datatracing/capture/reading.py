"""What is in a spool file: its frames, its counts, and what is missing between the two."""

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from datatracing.capture import page
from datatracing.capture.frame import Frame, Kind, Search, read_frame
from datatracing.capture.loss import REASONS
from datatracing.capture.segment import SUFFIX
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.loss import Loss


@dataclass(frozen=True)
class Contents:
    """A whole file. `damaged` counts stretches that are neither frames nor empty, `unreadable` slots of its page."""

    head: page.Head | None
    counts: list[page.Count]
    frames: list[Frame]
    damaged: int
    unreadable: int


def spool_files(directory: Path) -> list[Path]:
    """Names of ours in the directory, whoever holds them; empty when it cannot be read."""
    try:
        with os.scandir(directory) as entries:
            names = [each.name for each in entries if each.name.endswith(SUFFIX) and _plain(each)]
    except OSError:
        return []
    return [directory / name for name in sorted(names)]


def read(data: bytes, start: int = page.SIZE) -> Contents:
    """All of it. Never raises, never invents."""
    frames: list[Frame] = []
    damaged = 0
    for found in _parts(data, start):
        if isinstance(found, Frame):
            frames.append(found)
        else:
            damaged += 1
    return Contents(page.read_head(data), list(page.counts(data)), frames, damaged, page.unreadable(data))


def _parts(data: bytes, at: int) -> Iterator[Frame | int]:
    """Frames, and the places where a damage begins."""
    search = Search(data)
    while at < len(data):
        placed = read_frame(data, at)
        if placed is not None:
            yield placed.frame
            at = placed.end
            continue
        behind = search.behind(at) or len(data)
        if data[at:behind].strip(b"\0"):
            yield at
        at = behind


def losses_of(contents: Contents) -> list[LedgerEntry]:
    """What this file's process could not keep, and what it told that is not there. The same whenever it is asked of a
    file that nobody appends to any more."""
    there = Counter((each.trace_id, each.producer) for each in contents.frames if each.kind is Kind.EVENT)
    counted = {(each.trace_id, each.producer): each for each in contents.counts}
    entries = [entry for each in contents.counts for entry in _lost(each)]
    for key, count in counted.items():
        torn = count.emitted - there[key] - _events_lost(count)
        if torn > 0:
            entries.append(_entry(count, Loss.TORN, torn))
    if contents.damaged or contents.unreadable or (contents.head is None and there):
        made_at = contents.head.made_at if contents.head else 0
        unknown = [_one_more(key, contents.frames, made_at) for key in there if key not in counted]
        entries += [_entry(each, Loss.CORRUPT, 1) for each in unknown]
        nameless = contents.unreadable - len(unknown) if there or counted else 1
        if nameless > 0:
            entries.append(LedgerEntry(Fate.LOST, Loss.CORRUPT.value, nameless, made_at))
    return entries


def reported(counts: list[page.Count]) -> list[LedgerEntry]:
    """What a process has counted so far; the numbers may still grow."""
    return [entry for each in counts for entry in _lost(each)]


def _one_more(key: tuple[str, str], frames: list[Frame], made_at: int) -> page.Count:
    """For frames whose slot cannot be read. Nobody knows how many there were, so one more than can be seen is missed,
    until one comes from elsewhere."""
    last = max(each.seq for each in frames if each.kind is Kind.EVENT and (each.trace_id, each.producer) == key)
    return page.Count(*key, made_at, told=last + 2)


def _lost(count: page.Count) -> Iterator[LedgerEntry]:
    return (_entry(count, reason, n) for reason, n in zip(REASONS, count.lost, strict=True) if n)


def _events_lost(count: page.Count) -> int:
    return sum(n for reason, n in zip(REASONS, count.lost, strict=True) if reason is not Loss.MANIFEST)


def _entry(count: page.Count, reason: Loss, n: int) -> LedgerEntry:
    # A manifest is no event, and the books of a run count events.
    named = reason is not Loss.MANIFEST and count.trace_id != page.NOBODY
    trace_id = count.trace_id if named else ""
    producer = count.producer if count.producer != page.NO_PRODUCER else ""
    told = count.told if named and producer else 0
    return LedgerEntry(Fate.LOST, reason.value, n, count.first_at, trace_id, producer, told=told)


def _plain(entry: "os.DirEntry[str]") -> bool:
    try:
        return stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode)
    except OSError:
        return False
