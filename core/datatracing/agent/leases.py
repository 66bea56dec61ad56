"""Taking the duties of this host; see `capture.lease` for who asks after them."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from datatracing.capture import lease

TRIES = 5
"""Whoever only asks holds the lock for microseconds."""


class Lease:
    """A duty that this process has, until it lets go or dies."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, directory: Path, duty: str) -> "Lease | None":
        """None when another process has it. OSError when the directory cannot be used."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(lease.path_of(directory, duty), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        if any(_lock(descriptor) for _ in range(TRIES)):
            return cls(descriptor)
        os.close(descriptor)
        return None

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


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
