"""The spool files of processes that have died, taken over by whoever gets their lock."""

import os
from collections.abc import Iterator
from pathlib import Path

from datatracing.capture.segment import DRAFT, EVENTS, LOSSES, Segment

SUFFIXES = (EVENTS, LOSSES)


def orphans(directory: Path) -> Iterator[Segment]:
    """Locked files nobody else holds, one by one; the caller removes or closes each before it asks for the next."""
    for path in spool_files(directory, (*SUFFIXES, DRAFT)):
        segment = Segment.adopt(path)
        if segment is None:
            continue
        if path.suffix == DRAFT:
            segment.remove()
        else:
            yield segment


def spool_files(directory: Path, suffixes: tuple[str, ...] = SUFFIXES) -> list[Path]:
    """Names of ours in the directory, whoever holds them; empty when it cannot be read."""
    try:
        with os.scandir(directory) as entries:
            ours = [
                entry for entry in entries if entry.name.endswith(suffixes) and entry.is_file(follow_symlinks=False)
            ]
            return sorted(directory / entry.name for entry in ours)
    except OSError:
        return []
