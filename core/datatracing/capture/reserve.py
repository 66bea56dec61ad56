"""Room for counting where not even a spool file can be made: one file for all processes of a directory.

It is made together with the first spool file, and written in place from then on, so a full disk is no reason to be
silent. It is a page like that of a spool file, without frames. What the agent has reported it takes out again.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datatracing.capture import page
from datatracing.capture.frame import Frame, Kind
from datatracing.capture.segment import delete, lock
from datatracing.model import clock
from datatracing.model.loss import Loss

NAME = "losses"
ATTEMPTS = 200
"""Processes that count at the same moment are in there for microseconds; nobody waits for one that is stopped."""


class Reserve:
    """The shared page, as one process sees it."""

    def __init__(self, directory: Path) -> None:
        self._path = f"{directory}/{NAME}"
        self._there = False

    def make(self) -> None:
        """Unless it is there. Best effort: it is needed when things go wrong later."""
        if self._there:
            return
        self._there = True
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except OSError:
            return
        try:
            os.pwrite(descriptor, page.Head(clock.now(), 0, os.getuid()).encode(), 0)
        except OSError:
            delete(self._path)
        finally:
            os.close(descriptor)

    def lose(self, reason: Loss, frame: Frame) -> bool:
        """Count it here; False where there is no room for that either. Never raises for what a file system can do."""
        try:
            with self._exclusive() as descriptor:
                if descriptor is None:
                    return False
                return _add(descriptor, reason, frame)
        except OSError:
            return False

    def counts(self) -> list[page.Count]:
        """What has been counted here."""
        try:
            data = Path(self._path).read_bytes()
        except OSError:
            return []
        return list(page.counts(data))

    def clear(self, reported: list[page.Count]) -> None:
        """Take out what has been reported; what came since stays."""
        with self._exclusive() as descriptor:
            if descriptor is None:
                return
            data = os.pread(descriptor, page.SIZE, 0)
            for number, count in enumerate(page.slots(data)):
                if count in reported:
                    os.pwrite(descriptor, bytes(page.SLOT), page.place(number))

    @contextmanager
    def _exclusive(self) -> Iterator[int | None]:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            yield None
            return
        try:
            yield descriptor if any(lock(descriptor) for _ in range(ATTEMPTS)) else None
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child that is forked here must not keep it
            os.close(descriptor)


def _add(descriptor: int, reason: Loss, frame: Frame) -> bool:
    slots = page.slots(os.pread(descriptor, page.SIZE, 0))
    key = frame.trace_id, frame.producer
    number = next((n for n, each in enumerate(slots) if each and (each.trace_id, each.producer) == key), None)
    if number is None:
        number = next((n for n, each in enumerate(slots[: page.NAMED]) if each is None), page.NAMED)
    named = key if number < page.NAMED else (page.NOBODY, page.NO_PRODUCER)
    count = slots[number] or page.Count(*named, clock.now())
    if frame.kind is Kind.EVENT:
        count.add(frame.seq)
    count.add_lost(reason)
    return os.pwrite(descriptor, count.encode(), page.place(number)) == page.SLOT
