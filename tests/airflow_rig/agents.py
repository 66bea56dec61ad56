"""Agents on this machine: who works for a spool directory. They are nobody's children, so nobody's end ends them."""

import signal
from pathlib import Path

import psutil

from tests.agents import serves

GRACE = 15.0
"""Seconds that one has to deliver what is there, before it is killed."""


def agents(spool: Path) -> list[psutil.Process]:
    """Those that have a duty there, and those that stand by."""
    return [process for process in psutil.process_iter() if serves(process.pid, spool)]


def kill(spool: Path) -> int:
    """SIGKILL to all; how many there were."""
    found = agents(spool)
    _each(found, signal.SIGKILL)
    psutil.wait_procs(found, timeout=GRACE)
    return len(found)


def end(*spools: Path) -> None:
    """As an operator does: with a last delivery."""
    for spool in spools:
        found = agents(spool)
        _each(found, signal.SIGTERM)
        psutil.wait_procs(found, timeout=GRACE)
        kill(spool)


def _each(found: list[psutil.Process], what: signal.Signals) -> None:
    for process in found:
        try:
            process.send_signal(what)
        except psutil.NoSuchProcess:
            continue
