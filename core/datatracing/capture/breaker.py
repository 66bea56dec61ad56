"""Whether it is worth trying to reach the store, known to all processes of a spool directory.

While the store does not answer, one process in a growing interval pays for an attempt; the others leave their events
in the spool at once. The clock is the wall's, because processes share it; a time that lies further ahead than any
pause can be comes from a clock that was set back, and counts as over.
"""

import fcntl
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

FILE = "breaker"
FIRST_PAUSE = 2.0


@dataclass(frozen=True)
class Outage:
    """Until when nobody should try, how often it has failed in a row, and why."""

    until: float = 0.0
    failures: int = 0
    reason: str = ""


class Breaker:
    """The shared file, or this process alone where the directory cannot be written."""

    def __init__(self, directory: Path, longest: float, clock: Callable[[], float] = time.time) -> None:
        self._path = directory / FILE
        self._longest = longest
        self._clock = clock
        self._own = Outage()
        self._claimed = False

    def remaining(self) -> float:
        """Seconds until an attempt is worth it; 0.0 when it is now."""
        ahead = self.outage().until - self._clock()
        return ahead if 0 < ahead <= self._longest * 1.5 else 0.0

    def outage(self) -> Outage:
        """What is known of the current outage; zeros when there is none."""
        try:
            known = _decoded(self._path.read_bytes())
        except OSError:
            known = Outage()
        return known if known.failures else self._own

    def enter(self) -> bool:
        """May this process try now? After an outage only one may, and the others wait for what comes of it."""
        self._claimed = False
        if self.remaining():
            return False
        known = self.outage()
        if not known.failures:
            return True
        with self._exclusive() as descriptor:
            if descriptor is not None and not self.remaining():
                self._write(descriptor, replace(known, until=self._clock() + self._pause(known.failures)))
                self._claimed = True
        return self._claimed or known is self._own

    def trip(self, reason: str) -> None:
        """An attempt has failed. `reason` holds no secret. Of many that fail at once the first one counts."""
        if self.remaining() and not self._claimed:
            return
        failures = self.outage().failures + 1
        outage = Outage(self._clock() + self._pause(failures), failures, reason[:300])
        with self._exclusive() as descriptor:
            if descriptor is None:
                self._own = outage
            else:
                self._write(descriptor, outage)

    def reset(self) -> None:
        """An attempt has succeeded."""
        self._own = Outage()
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return  # a directory that cannot be written holds no file of ours

    def _pause(self, failures: int) -> float:
        longest = min(self._longest, FIRST_PAUSE * 2.0 ** min(failures - 1, 30))
        return longest * random.uniform(0.75, 1.25)  # noqa: S311  # spreads processes, protects nothing

    @contextmanager
    def _exclusive(self) -> Iterator[int | None]:
        """The file, locked; None when somebody else is at it, or there can be no file."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError:
            yield None
            return
        locked = _lock(descriptor)
        try:
            yield descriptor if locked else None
        finally:
            if locked:
                # Closing alone would leave the lock to a child that was forked in between.
                fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def _write(self, descriptor: int, outage: Outage) -> None:
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(outage)).encode(), 0)
            self._own = Outage()
        except OSError:
            self._own = outage  # a full disk: this process at least keeps to it


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _decoded(data: bytes) -> Outage:
    """A file that is being written, or was torn, says nothing."""
    try:
        plain = json.loads(data)
        return Outage(float(plain["until"]), int(plain["failures"]), str(plain["reason"]))
    except (ValueError, TypeError, KeyError, OverflowError):
        return Outage()
