"""What is waiting in a spool directory, for people who ask. Reading disturbs nobody."""

import os
import pwd
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from datatracing.capture import page
from datatracing.capture.frame import Frame, Kind
from datatracing.capture.lease import free
from datatracing.capture.progress import Place, read_progress
from datatracing.capture.reading import read, reported, spool_files
from datatracing.capture.reserve import NAME, Reserve
from datatracing.model.fate import LedgerEntry

QUARANTINE = "quarantine"
"""The folder for what the store refuses."""
LIVE, DEAD, ASIDE, UNREADABLE = "live", "dead", "quarantined", "unreadable"


@dataclass(frozen=True)
class SpoolFile:
    """One file that waits. `owner`: live (a process appends to it), dead (its process is gone), quarantined (it is not
    sent any more), or unreadable (it belongs to the user `uid`, who alone can read or send it).

    `size` in bytes, `modified_at` in microseconds. `events` and `losses` are what has not been sent; `damaged` counts
    stretches that are not frames.
    """

    path: Path
    owner: str
    size: int
    events: int
    losses: int
    damaged: int
    modified_at: int
    uid: int = -1


def spool_status(spool_dir: Path) -> list[SpoolFile]:
    """Every file in which something waits, oldest first. A directory that is not there has none.

    PermissionError when the directory itself is another user's.
    """
    if spool_dir.exists() and not os.access(spool_dir, os.R_OK | os.X_OK):
        raise PermissionError(13, "the spool directory belongs to another user", str(spool_dir))
    places = read_progress(spool_dir)
    waiting = [_described(path, None, places) for path in spool_files(spool_dir)]
    aside = [_described(path, ASIDE, {}) for path in spool_files(spool_dir / QUARANTINE)]
    return sorted((file for file in (*waiting, *aside) if file), key=lambda file: (file.modified_at, file.path))


def unreadable(files: Iterable[SpoolFile]) -> str:
    """What cannot be looked at, in words: how much, and whose it is. Empty where all can be read."""
    closed = [file for file in files if file.owner == UNREADABLE]
    if not closed:
        return ""
    owners = ", ".join(_user(uid) for uid in sorted({file.uid for file in closed}))
    many = "1 file is" if len(closed) == 1 else f"{len(closed):,} files are"
    return f"{many} closed to this user and of {owners}: {sum(file.size for file in closed):,} bytes"


def _user(uid: int) -> str:
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user {uid}"


def pending(spool_dir: Path, trace_id: str) -> int:
    """How many events of this run have not been sent yet, as far as this user can see."""
    places = read_progress(spool_dir)
    return sum(
        each.kind is Kind.EVENT and each.trace_id == trace_id
        for path in spool_files(spool_dir)
        for each in _unsent(path, places)
    )


def waiting(spool_dir: Path) -> dict[str, Frame | None]:
    """What could be sent, by file: its last frame; None where only what was lost is still to be told."""
    places = read_progress(spool_dir)
    found: dict[str, Frame | None] = {NAME: None} if Reserve(spool_dir).counts() else {}
    for path in spool_files(spool_dir):
        if unsent := _unsent(path, places):
            found[path.name] = unsent[-1]
        elif _live(path) is False:
            found[path.name] = None
    return found


def waits(spool_dir: Path, before: Mapping[str, Frame | None] | None = None) -> bool:
    """Whether there is anything that could be sent, or anything of what there was before: others may go on writing."""
    now, places = waiting(spool_dir), read_progress(spool_dir)
    if before is None:
        return bool(now)
    left = [(name, last) for name, last in before.items() if name in now]
    return any(last is None or last in _unsent(spool_dir / name, places) for name, last in left)


def _unsent(path: Path, places: dict[str, Place]) -> list[Frame]:
    try:
        return read(path.read_bytes(), _done(path, places)).frames
    except OSError:  # sent in the meantime, or another user's
        return []


def _done(path: Path, places: dict[str, Place]) -> int:
    return places.get(path.name, Place()).done


def _described(path: Path, owner: str | None, places: dict[str, Place]) -> SpoolFile | None:
    try:
        found = path.stat()
    except OSError:  # sent in the meantime
        return None
    size, modified = found.st_size, found.st_mtime_ns // 1000
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        return SpoolFile(path, UNREADABLE, size, 0, 0, 0, modified, found.st_uid)
    contents = read(data, _done(path, places))
    events = sum(each.kind is Kind.EVENT for each in contents.frames)
    lost = sum(entry.count for entry in _reported(data))
    owner = owner or (LIVE if _live(path) else DEAD)
    if owner == LIVE and not contents.frames:
        return None
    return SpoolFile(path, owner, size, events, lost, contents.damaged, modified, found.st_uid)


def _reported(data: bytes) -> list[LedgerEntry]:
    return reported(list(page.counts(data)))


def _live(path: Path) -> bool | None:
    """Whether a process appends to it; None where this user cannot know."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return not free(descriptor)
    finally:
        os.close(descriptor)
