"""The files of one process: appended to by its hooks, shipped by its shipper."""

from pathlib import Path

from datatracing.capture.quota import Quota
from datatracing.capture.segment import EVENTS, Segment, SegmentGoneError

SEGMENT_LIMIT = 4 * 1024 * 1024
"""Bytes after which another file is begun. A file is read at once and let go at once."""
ATTEMPTS = 8


class SpoolFullError(Exception):
    """The directory holds all that its limit allows."""


class Spool:
    """Append-only files of one producer in a directory that many share.

    The caller sees to it that one thread at a time is in here. A signal handler of that same thread may come in between
    two steps; no step forgets a file then.
    """

    def __init__(self, directory: Path, producer: str, quota: Quota) -> None:
        self._directory = directory
        self._producer = producer
        self._quota = quota
        self._numbered = 0
        self._open: list[Segment] = []
        self._taken: list[Segment] = []

    def append(self, data: bytes) -> None:
        """What is appended survives the death of the process. SpoolFullError or OSError: nothing was appended."""
        if not self._quota.admits(len(data)):
            raise SpoolFullError
        try:
            self._current().append(data)
        except SegmentGoneError:
            self._taken += self._open
            self._open = []
            self._current().append(data)
        self._quota.grew(len(data))

    def take(self) -> list[Segment]:
        """Files to ship. Nothing is appended to them any more, so their content is final.

        While earlier ones wait for a store that does not answer, no others are cut off: their number stays small.
        """
        if not self._taken:
            self._taken = [segment for segment in self._open if segment.size]
            self._open = [segment for segment in self._open if not segment.size]
        return list(self._taken)

    def retire(self, segment: Segment) -> None:
        """It is shipped, or cannot be."""
        self._taken.remove(segment)

    def waiting(self) -> bool:
        """Whether something has been appended that is not retired."""
        return bool(self._taken) or any(segment.size for segment in self._open)

    def close(self) -> None:
        """The process ends. What has not been shipped stays for whoever adopts it; an empty file does not."""
        for segment in (*self._open, *self._taken):
            if segment.size:
                segment.close()
            else:
                segment.remove()
        self._open, self._taken = [], []

    def _current(self) -> Segment:
        if not self._open or self._open[-1].size >= SEGMENT_LIMIT:
            self._open.append(self._begin())
        return self._open[-1]

    def _begin(self) -> Segment:
        for _ in range(ATTEMPTS):
            self._numbered += 1
            path = self._directory / f"{self._producer}-{self._numbered}{EVENTS}"
            try:
                segment = Segment.create(path)
            except FileNotFoundError:
                self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                segment = Segment.create(path)
            if segment is not None:
                return segment
        raise BlockingIOError(f"adopters take every new file in {self._directory}")
