"""Checks of this host: its disk and its spool."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from datatracing.capture.inventory import SpoolFile, unreadable
from datatracing.model import clock
from datatracing.ops.finding import Finding

STALE = 60 * clock.SECOND
"""A dead process's file is adopted within seconds wherever anything of ours is running."""


def disk(name: str, directory: Path, needed: int) -> Finding:
    """Whether so many bytes are free where the directory is, or will be."""
    there = next((each for each in (directory, *directory.parents) if each.exists()), Path("/"))
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Finding(name, ok=False, detail=f"{there}: {error.strerror}", advice="make the directory readable")
    detail = f"{free // 2**20:,} MiB are free at {there}"
    if free >= needed:
        return Finding(name, ok=True, detail=detail)
    return Finding(name, ok=False, detail=detail, advice=f"free at least {needed // 2**20:,} MiB, or use another place")


def spool(directory: Path, look: Callable[[Path], Sequence[SpoolFile]], now: int) -> Finding:
    """Nothing waits that nobody looks after, and nothing that this user cannot look at."""
    try:
        files = look(directory)
    except OSError as error:
        detail = f"{directory} cannot be read by this user: {error.strerror}"
        advice = "run doctor as the user that it belongs to, or let DATATRACING_SPOOL_DIR name a directory of yours"
        return Finding("spool", ok=False, detail=detail, advice=advice)
    if hidden := unreadable(files):
        advice = "`datatracing spool ship`, and doctor, as that user: no other can send them"
        return Finding("spool", ok=False, detail=f"in {directory} {hidden}", advice=advice)
    return _waiting(directory, files, now)


def _waiting(directory: Path, files: Sequence[SpoolFile], now: int) -> Finding:
    aside = [file for file in files if file.owner == "quarantined"]
    if aside:
        events = sum(file.events for file in aside)
        detail = f"the store refused {events:,} events; they are set aside in {directory}"
        return Finding("spool", ok=False, detail=detail, advice="`datatracing spool status` names the files")
    stale = [file for file in files if file.owner == "dead" and now - file.modified_at > STALE]
    if stale:
        detail = f"{sum(file.events for file in stale):,} events of dead processes wait in {directory}"
        return Finding("spool", ok=False, detail=detail, advice="`datatracing spool ship` sends them")
    waiting = sum(file.events for file in files)
    return Finding("spool", ok=True, detail=f"{waiting:,} events wait in {directory}")
