"""The process that an agent attends: whether it still lives."""

import os
from pathlib import Path

ZOMBIE = "Z"


class Host:
    """A process by its id. An id that was given to another process since is not it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._began = _began(pid)

    @property
    def alive(self) -> bool:
        """False also for one that has ended and that nobody has waited for."""
        if self._began is not None:
            return _began(self.pid) == self._began
        return _answers(self.pid) and not Path("/proc/self/stat").exists()


def _began(pid: int) -> str | None:
    """The tick at which it began, by Linux's /proc (field 22 of stat); None when it is over, or where there is none."""
    try:
        # Its name stands in brackets and may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == ZOMBIE else fields[19]


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
