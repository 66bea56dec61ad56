"""How much all processes together have in the spool directory, known without asking on the task's thread.

Adding up a directory of ten thousand files would take longer than a hook may. So shippers add it up in the background
and leave the sum in a file; a writer adds what it has written itself since. The bound is therefore met up to what the
processes write between two sums.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from datatracing.capture.quarantine import FOLDER
from datatracing.capture.segment import DRAFT

USAGE = "usage"
BLOCK = 4096
"""Small files cost a block each, so counting blocks bounds their number too."""
INTERVAL = 5.0


class Quota:
    """The limit of a spool directory, as one process sees it."""

    def __init__(self, directory: Path, limit: int) -> None:
        self._directory = directory
        self._limit = limit
        self._known: int | None = None
        self._own = 0

    def admits(self, size: int) -> bool:
        """Whether `size` bytes more are within the limit."""
        if self._known is None or self._known + self._own + size > self._limit:
            self._look()
        return (self._known or 0) + self._own + size <= self._limit

    def grew(self, size: int) -> None:
        """This process has written `size` bytes."""
        self._own += size

    def sum(self, *, now: bool = False) -> None:
        """Add up the directory, unless somebody did that a moment ago. For background threads."""
        if self._fresh() and not now:
            self._look()
            return
        self._known, self._own = sum(_sizes(self._directory)) + sum(_sizes(self._directory / FOLDER)), 0
        draft = self._directory / f"{USAGE}-{os.getpid()}{DRAFT}"
        try:
            draft.write_text(str(self._known))
            draft.replace(self._directory / USAGE)
        except OSError:
            return  # this process still knows; a half-made draft is cleared away with the others

    def _look(self) -> None:
        """A sum that has changed counts what this process wrote too."""
        try:
            known = int((self._directory / USAGE).read_text())
        except (OSError, ValueError):
            known = self._known or 0
        if known != self._known:
            self._known, self._own = known, 0

    def _fresh(self) -> bool:
        try:
            return abs(time.time() - (self._directory / USAGE).stat().st_mtime) < INTERVAL
        except OSError:
            return False


def _sizes(directory: Path) -> Iterator[int]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                yield _size(entry)
    except OSError:
        return


def _size(entry: "os.DirEntry[str]") -> int:
    try:
        return -(-entry.stat(follow_symlinks=False).st_size // BLOCK) * BLOCK
    except OSError:
        return 0
