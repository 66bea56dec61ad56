"""The long-lived processes of one Airflow, each with its log, each stopped by the pid it was started with."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.airflow_rig.home import Home

COMPONENTS = {
    "api-server": ("api-server", "--host", "127.0.0.1", "--workers", "1"),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
    "celery-worker": ("celery", "worker", "--concurrency", "4", "--skip-serve-logs"),
}
EVERYWHERE = ("api-server", "scheduler", "dag-processor", "triggerer")
"""What every Airflow has; a worker of Celery comes on top of it."""
GRACE = 15.0
"""Seconds a component has between SIGTERM and SIGKILL."""


@dataclass
class Component:
    """One running component. It leads its own process group, so that what it forks can be ended with it."""

    name: str
    home: Home
    log: Path
    process: "subprocess.Popen[bytes]"

    @classmethod
    def start(cls, name: str, home: Home) -> "Component":
        """Start it; the log is appended to, so a restarted component tells its whole story."""
        port = ("--port", str(home.port)) if name == "api-server" else ()
        log = home.folder / f"{name}.log"
        with log.open("ab") as sink:
            process = subprocess.Popen(
                [str(home.python), "-m", "airflow", *COMPONENTS[name], *port],
                env=home.environment,
                cwd=home.folder,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(name, home, log, process)

    @property
    def alive(self) -> bool:
        """Whether its main process still runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Ask, wait, then end it and everything that it started, also children that left its group."""
        family = self._family()
        if self.alive:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
        _end(family)

    def kill(self) -> None:
        """SIGKILL to the whole group at once: what a machine that loses power does."""
        family = self._family()
        if self.alive:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        _end(family)

    def _family(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


def _end(family: list[psutil.Process]) -> None:
    for member in family:
        if member.is_running():
            member.kill()
    psutil.wait_procs(family, timeout=GRACE)
