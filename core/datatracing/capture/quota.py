"""How much all processes together have in the spool directory, known without asking on the task's thread.

Adding up a directory of ten thousand files would take longer than a hook may. So the agent adds it up and leaves the
sum in a file; a writer adds what it has written itself since. The bound is therefore met up to what the processes write
between two sums.
"""

import os
from collections.abc import Iterator
from pathlib import Path

USAGE = "usage"
BLOCK = 4096
"""Small files cost a block each, so counting blocks bounds their number too."""


class Quota:
    """The limit of a spool directory, as one process sees it."""

    def __init__(self, directory: Path, limit: int) -> None:
        self._usage = f"{directory}/{USAGE}"
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

    def _look(self) -> None:
        """A sum that has changed counts what this process wrote too."""
        try:
            known = int(_content(self._usage))
        except (OSError, ValueError):
            known = self._known or 0
        if known != self._known:
            self._known, self._own = known, 0


def _content(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 32)
    finally:
        os.close(descriptor)


def publish(directory: Path) -> int:
    """Add up the directory, folders included, and let the writers know. For the agent."""
    known = sum(_sizes(directory)) + sum(size for each in _folders(directory) for size in _sizes(each))
    draft = directory / f"{USAGE}.draft"
    try:
        draft.write_text(str(known))
        draft.replace(directory / USAGE)
    except OSError:
        pass  # a full disk: writers go on with the last sum
    return known


def _folders(directory: Path) -> list[Path]:
    try:
        with os.scandir(directory) as entries:
            return [directory / entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


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
