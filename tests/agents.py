"""The agents of a spool directory while a test runs. They are nobody's children, so nobody's end ends them."""

import signal
import time
from pathlib import Path

import psutil

from datatracing.capture import lease

PATIENCE = 30.0
"""Seconds that an agent may take to end; delivering what is left takes up to ten."""


def agents(spool: Path | str) -> list[psutil.Process]:
    """Those that have a duty there, and those that stand by."""
    return [process for process in psutil.process_iter() if serves(process, Path(spool))]


def kill(spool: Path | str) -> int:
    """SIGKILL to all; how many there were."""
    return _signal(agents(spool), signal.SIGKILL)


def end(*spools: Path | str) -> None:
    """As an operator does: with a last delivery."""
    for spool in spools:
        _signal(agents(spool), signal.SIGTERM)


def at_work(spool: Path | str, duty: str = lease.SHIP) -> None:
    """Wait until somebody has the duty."""
    deadline = time.monotonic() + PATIENCE
    while not lease.held(Path(spool), duty):
        assert time.monotonic() < deadline, f"nobody has the duty {duty!r}"
        time.sleep(0.02)


def serves(process: psutil.Process, spool: Path) -> bool:
    """An agent is given its spool directory in its environment."""
    try:
        if "datatracing.agent" not in process.cmdline():
            return False
        return process.environ().get("DATATRACING_SPOOL_DIR") == str(spool.absolute())
    except psutil.Error:
        return False


def _signal(ending: list[psutil.Process], number: signal.Signals) -> int:
    for process in ending:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(ending, timeout=PATIENCE)
    assert not alive, f"an agent does not end: {alive}"
    return len(ending)
