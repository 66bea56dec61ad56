"""One spool file as the agent reads it: frames as they come, while its process lives and after."""

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from datatracing.capture import page
from datatracing.capture.frame import Frame, frames, read_frame, resume
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
    """An open file. `final`: nobody appends to it any more, and nobody else may take it."""

    def __init__(self, path: Path, place: Place) -> None:
        """FileNotFoundError when it is gone; PermissionError when it is another user's."""
        self.path = path
        self.place = place
        self.final = False
        self.reported: list[page.Count] = []
        """The counts that the store has been told of."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        self._seen = (0, 0)
        self._stuck: tuple[int, float] | None = None

    def look(self) -> bool:
        """Whether there may be something new since the last look."""
        self.final = self.final or lock(self._descriptor)
        found = os.fstat(self._descriptor)
        seen = found.st_size, found.st_mtime_ns
        changed, self._seen = seen != self._seen, seen
        return changed or self.final or self._stuck is not None

    @property
    def gone(self) -> bool:
        """Whether somebody has deleted the file."""
        return not os.fstat(self._descriptor).st_nlink

    def resent(self) -> Stretch | None:
        """What was on its way when an agent ended; exactly that is sent first."""
        if self.place.sending <= self.place.done:
            return None
        data = self._bytes(self.place.done, self.place.sending)
        found = read(data, 0).frames
        return Stretch(self, found, replace(self.place, done=self.place.sending, sending=0))

    def news(self) -> Stretch | None:
        """Whole frames behind the place; None when there are none."""
        start = self.place.done
        data = self._bytes(start)
        found: list[Frame] = []
        skipped = list(self.place.skipped)
        at = 0
        while True:
            for placed in frames(data, at):
                found.append(placed.frame)
                at = placed.end
            behind = self._passed(data, at, start)
            if behind is None:
                break
            skipped.append((start + at, start + behind))
            at = behind
        if self.final:
            found = [*self._late(skipped), *found]
        if not found:
            return None
        return Stretch(self, found, Place(start + at, 0, () if self.final else tuple(skipped)))

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
        """All of it is delivered: delete it, then let go."""
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go; where the file was ours its lock ends."""
        os.close(self._descriptor)

    def _passed(self, data: bytes, at: int, start: int) -> int | None:
        """Where to go on behind what is no frame; None to wait, or at the end."""
        if at >= len(data) or not data[at:].strip(b"\0"):
            self._stuck = None
            return None
        behind = resume(data, at)
        if behind is None:
            return None
        now = time.monotonic()
        if not self.final and (self._stuck is None or self._stuck[0] != start + at):
            self._stuck = start + at, now
        if self.final or (self._stuck and now - self._stuck[1] > STUCK):
            self._stuck = None
            return behind
        return None

    def _late(self, skipped: list[tuple[int, int]]) -> list[Frame]:
        """Frames that were written after they had been passed."""
        found = (read_frame(self._bytes(start, end), 0) for start, end in self.place.skipped if (start, end) in skipped)
        return [placed.frame for placed in found if placed is not None]

    def _bytes(self, start: int, end: int | None = None) -> bytes:
        size = os.fstat(self._descriptor).st_size if end is None else end
        parts = []
        while start < size and (part := os.pread(self._descriptor, min(1 << 20, size - start), start)):
            parts.append(part)
            start += len(part)
        return b"".join(parts)
