"""The files of one process: what its hooks say is counted and appended here, and nothing else happens with it.

The lock is held for a few steps in memory, never while a file is written or made (law 1). A signal handler may come in
between two of those steps, on the same thread; it then gets a file of its own.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import RLock

from datatracing.capture.frame import Frame, Kind
from datatracing.capture.loss import reason_of
from datatracing.capture.page import NAMED, NOBODY, Count
from datatracing.capture.quota import Quota
from datatracing.capture.reserve import Reserve
from datatracing.capture.segment import SUFFIX, Segment, SegmentGoneError
from datatracing.model import clock
from datatracing.model.loss import Loss

log = logging.getLogger("datatracing")

ATTEMPTS = 8


class Spool:
    """Append-only files of one process in a directory that many share. Safe to use from many threads."""

    def __init__(self, directory: Path, limit: int) -> None:
        self.lost: dict[Loss, int] = {}
        """Losses of this process by reason."""
        self._directory = directory
        self._quota = Quota(directory, limit)
        self._reserve = Reserve(directory)
        self._name = os.urandom(8).hex()
        self._numbers = count(1)
        self._lock = RLock()
        self._current: Segment | None = None

    def put(self, frame: Frame) -> None:
        """Count it, then append it; or count it as lost. Never raises for what a file system can do."""
        data = frame.encode()
        try:
            self._append(frame, data)
        except OSError as error:
            self.lose(reason_of(error), frame)

    def lose(self, reason: Loss, frame: Frame) -> None:
        """This event was told and cannot be kept. Never raises for what a file system can do."""
        if frame.kind is Kind.NOTICE:
            return  # whoever reconciles finds the run
        reason = Loss.MANIFEST if frame.kind is Kind.MANIFEST else reason
        if reason not in self.lost:
            log.warning("DataTracing lost an event (%s, spool %s); your pipeline goes on.", reason, self._directory)
        self.lost[reason] = self.lost.get(reason, 0) + 1
        self._count_lost(reason, frame)

    def close(self) -> None:
        """The process has no more to say. What is there stays for the agent."""
        with self._inside():
            segment, self._current = self._current, None
            free = segment is not None and _finish(segment)
        if segment is not None and free:
            segment.close()

    def _append(self, frame: Frame, data: bytes) -> None:
        if not self._quota.admits(len(data)):
            self.lose(Loss.SPOOL_FULL, frame)
            return
        for _ in range(ATTEMPTS):
            segment, slot, at = self._place(frame, len(data))
            try:
                segment.write_count(slot)
                segment.write(at, data)
            except SegmentGoneError:
                self._forget(segment)
                continue
            except OSError as error:
                self._failed(segment, slot, reason_of(error), frame)
            finally:
                self._leave(segment)
            self._quota.grew(len(data))
            return
        raise SegmentGoneError

    def _place(self, frame: Frame, size: int) -> tuple[Segment, int, int]:
        """Room for the frame in a file, and its run counted there in memory. OSError where there is none."""
        for _ in range(ATTEMPTS):
            with self._inside() as alone:
                segment = self._current if alone else None
                if segment is not None and segment.fits(size) and _named(segment, frame):
                    return segment, *_taken(segment, frame, size)
                grows = segment is not None and _named(segment, frame) and segment.may_grow(size)
            if segment is not None and grows:
                try:
                    segment.grow(size)
                except SegmentGoneError:
                    self._forget(segment)
                finally:
                    self._leave(segment)
                continue
            if not alone:
                aside = self._made(size)
                aside.final = True
                return aside, *_taken(aside, frame, size)
            self._begin(size, behind=segment)
        raise BlockingIOError(f"others take every new file in {self._directory}")

    def _begin(self, size: int, *, behind: Segment | None) -> None:
        """Another file in place of that one, unless another thread has begun one meanwhile."""
        made = self._made(size)
        with self._inside():
            first = self._current is behind
            if first:
                self._current = made
            free = first and behind is not None and _finish(behind)
        if not first:
            made.remove()
        if behind is not None and free:
            behind.close()

    def _made(self, size: int) -> Segment:
        for _ in range(ATTEMPTS):
            path = f"{self._directory}/{self._name}-{next(self._numbers)}{SUFFIX}"
            try:
                segment = Segment.create(path, clock.now(), size)
            except FileNotFoundError:
                self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                segment = Segment.create(path, clock.now(), size)
            if segment is not None:
                self._reserve.make()
                return segment
        raise BlockingIOError(f"others take every new file in {self._directory}")

    def _leave(self, segment: Segment) -> None:
        with self._inside():
            segment.users -= 1
            over = segment.final and not segment.users
        if over:
            segment.close()

    def _forget(self, segment: Segment) -> None:
        """Its file is gone. What was in it is for whoever took it to account for."""
        with self._inside():
            segment.final = True
            if self._current is segment:
                self._current = None

    def _failed(self, segment: Segment, slot: int, reason: Loss, frame: Frame) -> None:
        self.lost[reason] = self.lost.get(reason, 0) + 1
        with self._inside():
            segment.counts[slot].add_lost(Loss.MANIFEST if frame.kind is Kind.MANIFEST else reason)
        try:
            segment.write_count(slot)
        except OSError:
            return  # that it was told is on the disk, so it is missed all the same

    def _count_lost(self, reason: Loss, frame: Frame) -> None:
        """Where there is room for the run's name: in the file, in the page that all share, in a new file."""
        if self._counted(reason, frame) or self._reserve.lose(reason, frame):
            return
        try:
            self._begin(0, behind=self._current)
        except OSError:
            self._counted(reason, frame, nameless=True)
        else:
            self._counted(reason, frame)

    def _counted(self, reason: Loss, frame: Frame, *, nameless: bool = False) -> bool:
        with self._inside() as alone:
            segment = self._current if alone else None
            if segment is None or not (nameless or _named(segment, frame)):
                return False
            slot = _slot(segment, frame)
            segment.users += 1
            if frame.kind is Kind.EVENT:
                segment.counts[slot].add(frame.seq)
            segment.counts[slot].add_lost(reason)
        try:
            segment.write_count(slot)
        except OSError:
            return False
        finally:
            self._leave(segment)
        return True

    @contextmanager
    def _inside(self) -> Iterator[bool]:
        """False where a signal has come in between two steps of the same thread."""
        # Asked of the lock itself: a signal handler that raises may leave any number of our own behind wrong.
        alone = not self._lock._is_owned()  # type: ignore[attr-defined]  # noqa: SLF001  # threading.Condition asks like this
        with self._lock:
            yield alone


def _finish(segment: Segment) -> bool:
    """Nothing is begun in it any more; whether it can be let go of at once."""
    segment.final = True
    return not segment.users


def _named(segment: Segment, frame: Frame) -> bool:
    """Whether the file's page has, or has room for, a slot of the frame's run."""
    return (frame.trace_id, frame.producer) in segment.slots or len(segment.slots) < NAMED


def _slot(segment: Segment, frame: Frame) -> int:
    """The run's number in the file's page; runs beyond what it holds share the last one, without their names."""
    key = frame.trace_id, frame.producer
    if not _named(segment, frame):
        segment.counts.setdefault(NAMED, Count(NOBODY, frame.producer, clock.now()))
        return NAMED
    slot = segment.slots.setdefault(key, len(segment.slots))
    if slot not in segment.counts:
        segment.counts[slot] = Count(*key, clock.now())
    return slot


def _taken(segment: Segment, frame: Frame, size: int) -> tuple[int, int]:
    """The slot of the run, and the place for the frame. The caller holds the lock, and leaves the file afterwards."""
    slot, at = _slot(segment, frame), segment.next
    if frame.kind is Kind.EVENT:
        segment.counts[slot].add(frame.seq)
    segment.users += 1
    segment.next += size
    return slot, at
