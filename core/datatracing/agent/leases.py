"""Taking the duties of this host; see `capture.lease` for who asks after them."""

import fcntl
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from datatracing.agent.host import Host
from datatracing.capture import lease

TRIES = 20
PAUSE = 0.005
"""Seconds between two of them: whoever only asks holds the lock for a moment."""


class Lease:
    """A duty that this process has, until it lets go or dies."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, directory: Path, duty: str) -> "Lease | None":
        """None when another process has it. OSError when the directory cannot be used."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = lease.path_of(directory, duty)
        taken = cls(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        if _owned(taken._descriptor) and taken.valid:
            taken.say({"pid": os.getpid()})  # in place of what the last one has said
            return taken
        taken.release()
        return None

    @property
    def valid(self) -> bool:
        """False when the file was deleted, by whoever tidies up: another process may have the duty since."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.lstat())
        except OSError:
            return False

    def say(self, facts: dict[str, Any]) -> None:
        """For `agent status`. A full disk keeps it from being said, and nothing else."""
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps(facts).encode(), 0)
        except OSError:
            return

    def release(self) -> None:
        """The next one may have it."""
        os.close(self._descriptor)


def forget_the_dead(directory: Path) -> None:
    """Agents that were killed have left the files of hosts that have ended since."""
    for path in directory.glob(f"agent.{lease.ATTEND.format('*')}"):
        pid = path.name.rpartition("-")[2]
        if pid.isdigit() and not Host(int(pid)).alive:
            with suppress(OSError):
                path.unlink()


def _owned(descriptor: int) -> bool:
    """False at once when somebody has it; who only asks is waited for."""
    for _ in range(TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if not lease.free(descriptor):
            return False
        time.sleep(PAUSE)
    return False
