"""Programs that are started for a demonstration, and stopped as a whole."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from datatracing.errors import DataTracingError

T = TypeVar("T")
GRACE = 10
"""Seconds a program has to end by itself."""
PATIENCE = 180
"""Seconds for one step; a cold, busy machine needs most of a minute to start an orchestrator."""
TERMINATED = 143
TAIL = 15
"""Lines of a log that an error shows."""


class ProgramEndedError(DataTracingError):
    """A program that was started is gone; the message holds the end of its log."""


class NotReadyError(DataTracingError):
    """What was waited for did not come. The logs are in the home of the programs."""


class Programs:
    """Programs with one environment; each writes to a log of its own in `home`."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self.home = home
        self.environment = environment
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str]) -> None:
        """In a process group of its own: a Ctrl-C reaches only us, and we stop them in order."""
        with self.log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def run(self, name: str, command: Sequence[str], allowed: Sequence[int] = (0,)) -> None:
        """To its end. ProgramEndedError when that is none of the allowed exit codes."""
        with self.log(name).open("wb") as log:
            ended = subprocess.run(command, env=self.environment, stdout=log, stderr=log, check=False)
        if ended.returncode not in allowed:
            raise self._ended(name, ended.returncode)

    def check(self) -> None:
        """ProgramEndedError when one is gone that should be running."""
        for name, program in self._running.items():
            if program.poll() is not None:
                raise self._ended(name, program.returncode)

    def wait(self, what: str, ready: Callable[[], T | None], patience: float = PATIENCE) -> T:
        """What `ready` returns, once that is something. NotReadyError after `patience` seconds."""
        deadline = time.monotonic() + patience
        while not (got := ready()):
            self.check()
            if time.monotonic() > deadline:
                raise NotReadyError(f"{what} did not come within {patience} s; see {self.home}")
            time.sleep(0.5)
        return got

    def log(self, name: str) -> Path:
        """What a program printed."""
        return self.home / f"{name}.log"

    def stop(self) -> None:
        """All of them, children included, the first one last: the others may still talk to it."""
        with undisturbed():
            for name in reversed(self._running):
                end(self._running[name])
            self._running.clear()

    def _ended(self, name: str, code: int) -> ProgramEndedError:
        return ProgramEndedError(f"{name} ended with {code}:\n{tail(self.log(name))}")


@contextlib.contextmanager
def stopped_afterwards(programs: Programs) -> Iterator[Programs]:
    """When the block ends, however it ends, the programs are stopped with all their children."""
    # A SIGTERM unwinds like a Ctrl-C, or it would leave them behind.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        yield programs
    finally:
        programs.stop()
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """A second, impatient Ctrl-C would leave processes behind."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask it, wait, then kill what is left of its group: its children outlive it otherwise."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def tail(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL:])
