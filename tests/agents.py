"""The agents that are at work on a spool directory while a test runs."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from datatracing.capture import lease

PATIENCE = 30.0
"""Seconds that an agent may take to end; delivering what is left takes up to ten."""


def agents(spool: Path | str) -> list[int]:
    """Process ids, whichever duty they have: an agent is given its spool directory in its environment."""
    return [
        pid
        for pid in (int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit())
        if serves(pid, Path(spool))
    ]


def stop_agents(spool: Path | str, how: int = signal.SIGTERM) -> None:
    """Tell them to end, and wait until they have. `how` for those whose store would keep them."""
    deadline = time.monotonic() + PATIENCE
    for pid in agents(spool):
        with suppress(ProcessLookupError):
            os.kill(pid, how)
    while agents(spool):
        assert time.monotonic() < deadline, "an agent does not end"
        time.sleep(0.05)


def at_work(spool: Path | str, duty: str = lease.SHIP) -> None:
    """Wait until somebody has the duty."""
    deadline = time.monotonic() + PATIENCE
    while not lease.held(Path(spool), duty):
        assert time.monotonic() < deadline, f"nobody has the duty {duty!r}"
        time.sleep(0.02)


def serves(pid: int, spool: Path) -> bool:
    """Whether this process is an agent of that directory."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        given = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"datatracing.agent" in words and f"DATATRACING_SPOOL_DIR={spool.absolute()}".encode() in given
