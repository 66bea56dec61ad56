"""One spool file as the agent reads it: frames as they come, while its process lives and after."""

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from datatracing.capture import page
from datatracing.capture.frame import Frame, Search, frames
from datatracing.capture.progress import Place
from datatracing.capture.reading import Contents, read
from datatracing.capture.segment import lock

STUCK = 1.0
"""Seconds after which what is no frame, and has frames behind it, is not waited for any longer: a thread was given the
place and its write failed. If it was only slow, its frame is found when the file is read for the last time."""


@dataclass(frozen=True)
class Stretch:
    """Frames of one file, in order, and where the file is when they are delivered."""

    tail: "Tail"
    frames: list[Frame]
    place: Place


class Tail:
    """An open file. `final`: nobody appends to it any more, and nobody else may take it; or it has been deleted, and
    what was in it can be read for as long as it is open here."""

    def __init__(self, path: Path, place: Place) -> None:
        """FileNotFoundError when it is gone; PermissionError when it is another user's."""
        self.path = path
        self.final = False
        self.reported: list[list[int]] = []
        """The losses that the store has been told of."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        self.place = place if page.SIZE <= place.done <= os.fstat(self._descriptor).st_size else Place()
        self.due = True
        """Something in it may not have been delivered yet; whoever delivers it takes this back."""
        self._seen = (0, 0)
        self._again = False
        self._stuck: tuple[int, float] | None = None

    def look(self) -> bool:
        """Whether there may be something new since the last look. After a change twice: file systems count time in
        steps of milliseconds, so what came right behind a look may not be seen in it."""
        found = os.fstat(self._descriptor)
        self.final = self.final or lock(self._descriptor) or not found.st_nlink
        seen = found.st_size, found.st_mtime_ns
        before, self._again = self._again, seen != self._seen
        self._seen = seen
        self.due = self.due or before or self._again or self._stuck is not None
        return self.due or self.final

    def resent(self) -> Stretch | None:
        """What was on its way when an agent ended; exactly that is sent first."""
        if self.place.sending <= self.place.done:
            return None
        found: list[Frame] = []
        at = self.place.done
        for start, end in (*self.place.skipped, (self.place.sending, 0)):
            if start >= at:
                found += read(self._bytes(at, start), 0).frames
                at = end
        return Stretch(self, found, replace(self.place, done=self.place.sending, sending=0))

    def news(self) -> Stretch | None:
        """Whole frames behind the place; None when there are none."""
        start = self.place.done
        data = self._bytes(start)
        search = Search(data)
        found: list[Frame] = []
        skipped = list(self.place.skipped)
        at = 0
        while True:
            for placed in frames(data, at):
                found.append(placed.frame)
                at = placed.end
            behind = self._passed(search, at, start)
            if behind is None:
                break
            skipped.append((start + at, start + behind))
            at = behind
        return Stretch(self, found, Place(start + at, 0, tuple(skipped))) if found else None

    def late(self) -> Stretch | None:
        """Frames that were written after their place had been passed; once nobody writes any more."""
        if not self.final or not self.place.skipped:
            return None
        found = [frame for start, end in self.place.skipped for frame in read(self._bytes(start, end), 0).frames]
        return Stretch(self, found, replace(self.place, skipped=()))

    def contents(self) -> Contents:
        """All of it."""
        return read(self._bytes(0))

    def data(self) -> bytes:
        """Its bytes."""
        return self._bytes(0)

    def counts(self) -> list[page.Count]:
        """What its process has counted so far."""
        return list(page.counts(self._bytes(0, page.SIZE)))

    def remove(self) -> None:
        """All of it is delivered: delete it. A file that has its name meanwhile is not it."""
        try:
            if os.path.samestat(self.path.lstat(), os.fstat(self._descriptor)):
                self.path.unlink()
        except FileNotFoundError:
            return  # somebody has deleted it

    def close(self) -> None:
        """Let go; where the file was ours its lock ends."""
        os.close(self._descriptor)

    def _passed(self, search: Search, at: int, start: int) -> int | None:
        """Where to go on behind what is no frame; None to wait, or at the end."""
        behind = search.behind(at)
        if behind is None or self.final:
            self._stuck = None
            return behind
        now = time.monotonic()
        if self._stuck is None or self._stuck[0] != start + at:
            self._stuck = start + at, now
        if now - self._stuck[1] > STUCK:
            self._stuck = None
            return behind
        return None

    def _bytes(self, start: int, end: int | None = None) -> bytes:
        size = os.fstat(self._descriptor).st_size if end is None else end
        parts = []
        while start < size and (part := os.pread(self._descriptor, min(1 << 20, size - start), start)):
            parts.append(part)
            start += len(part)
        return b"".join(parts)
