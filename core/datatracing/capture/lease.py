"""Duties of agents on this host, one holder each: a lock on a file in the spool directory, gone with its process."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

FILE = "agent.{}"
SHIP = "ship"
WATCH = "watch-{}"
"""With the orchestrator's name."""
ATTEND = "attend-{}"
"""With the process id of the host that the agent ends with: no host needs two."""


def path_of(directory: Path, duty: str) -> Path:
    """The file that is locked."""
    return directory / FILE.format(duty)


def held(directory: Path, duty: str) -> bool:
    """Whether somebody has the duty. Asking takes microseconds and disturbs nobody."""
    try:
        descriptor = os.open(f"{directory}/{FILE.format(duty)}", os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # another user's: nothing that could be started here would do better
    try:
        return not free(descriptor)
    finally:
        os.close(descriptor)


def free(descriptor: int) -> bool:
    """Whether nobody owns the file. Asking holds it for a moment, so whoever wants to own it may have to try again."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    # Closing alone would not do: a child that another thread forks here would hold the file for as long as it lives.
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return True


def holder(directory: Path, duty: str) -> dict[str, Any] | None:
    """What the holder says of itself; None when nobody has the duty."""
    if not held(directory, duty):
        return None
    try:
        said = json.loads(path_of(directory, duty).read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
