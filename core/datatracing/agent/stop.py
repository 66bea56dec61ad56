"""Ending the agents of a spool directory, as an operator or a demonstration wants it."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from datatracing.capture import lease

PATIENCE = 15.0
"""Seconds that an agent is given: its last delivery may take ten."""
PAUSE = 0.05


def stop(directory: Path, patience: float = PATIENCE) -> list[str]:
    """Tell whoever has a duty there to end after a last delivery, and wait for it; the duties that are held after that.

    An agent that stood by takes over and is told as well. PermissionError: it is another user's.
    """
    deadline = time.monotonic() + patience
    told: set[int] = set()
    while (left := held(directory)) and time.monotonic() < deadline:
        for pid in {facts["pid"] for facts in left.values() if "pid" in facts} - told:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            told.add(pid)
        time.sleep(PAUSE)
    return list(left)


def held(directory: Path) -> dict[str, dict[str, Any]]:
    """The duties that somebody has there, with what their holders say of themselves."""
    names = sorted(path.name.removeprefix("agent.") for path in directory.glob("agent.*"))
    duties = [name for name in names if name == lease.SHIP or name.startswith(lease.WATCH.format(""))]
    said = [(name, lease.holder(directory, name)) for name in duties]
    return {name: facts for name, facts in said if facts is not None}
