"""Duties of agents on this host, one holder each: a lock on a file in the spool directory, gone with its process."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

SHIP = "ship"
WATCH = "watch-{}"
"""With the orchestrator's name."""


def path_of(directory: Path, duty: str) -> Path:
    """The file that is locked."""
    return directory / f"agent.{duty}"


def held(directory: Path, duty: str) -> bool:
    """Whether somebody has the duty. Asking takes microseconds and disturbs nobody."""
    try:
        descriptor = os.open(path_of(directory, duty), os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # another user's: nothing that could be started here would do better
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def holder(directory: Path, duty: str) -> dict[str, Any] | None:
    """What the holder says of itself; None when nobody has the duty."""
    if not held(directory, duty):
        return None
    try:
        said = json.loads(path_of(directory, duty).read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
