"""An Airflow to throw away: its own home, SQLite metadata, free ports, started and stopped as a whole."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

from datatracing.errors import DataTracingError

T = TypeVar("T")
COMPONENTS = {
    "api-server": (),
    "dag-processor": (),
    # Its server for task logs would listen to other machines, and everything is on this one.
    "scheduler": ("--skip-serve-logs",),
}
"""In the order of their start, with their options."""
GRACE = 10
"""Seconds a component has to end by itself; the finalizer flushes in them."""
PATIENCE = 180
"""Seconds for one step; a cold, busy machine needs most of a minute to start Airflow."""
TERMINATED = 143
TAIL = 15
"""Lines of a log that an error shows."""


class ComponentEndedError(DataTracingError):
    """A component of the Airflow we started is gone; the message holds the end of its log."""


class NotReadyError(DataTracingError):
    """What was waited for did not come. The logs are in the installation's home."""


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Installation:
    """Where one Airflow lives and how it is configured. `settings` are further environment variables, ours included."""

    home: Path
    dags: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    secret: str = field(default_factory=partial(token_hex, 64), repr=False)

    @property
    def url(self) -> str:
        """Where the api-server listens: this machine only."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Of every process started here. What the caller's shell says about another Airflow is left out."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "DATATRACING_"))
        }
        return inherited | self._airflow() | dict(self.settings)

    def _airflow(self) -> dict[str, str]:
        options = {
            "core": {
                "dags_folder": str(self.dags),
                "load_examples": "False",
                "dags_are_paused_at_creation": "False",
                "executor": "LocalExecutor",
                "parallelism": "4",
                "execution_api_server_url": f"{self.url}/execution/",
                "simple_auth_manager_all_admins": "True",
            },
            "database": {"sql_alchemy_conn": f"sqlite:///{self.home / 'airflow.db'}"},
            "api": {"host": "127.0.0.1", "port": str(self.port), "base_url": self.url, "workers": "1"},
            # Without a shared secret each process makes up its own, and tasks cannot report.
            "api_auth": {"jwt_secret": self.secret},
            "scheduler": {"scheduler_idle_sleep_time": "0.2"},
        }
        return {"AIRFLOW_HOME": str(self.home)} | {
            f"AIRFLOW__{section.upper()}__{key.upper()}": value
            for section, pairs in options.items()
            for key, value in pairs.items()
        }

    def migrate(self) -> None:
        """Create Airflow's own tables."""
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log("migrate").open("wb") as log:
            ended = subprocess.run(
                airflow("db", "migrate"), env=self.environment(), stdout=log, stderr=log, check=False
            )
        if ended.returncode:
            raise ComponentEndedError(f"airflow db migrate failed:\n{tail(self.log('migrate'))}")

    def log(self, component: str) -> Path:
        """What a component printed."""
        return self.home / f"{component}.log"

    @contextlib.contextmanager
    def running(self) -> Iterator["Components"]:
        """All components, started; when the block ends, however it ends, they are stopped with all their children."""
        started = Components(self)
        # A SIGTERM unwinds like a Ctrl-C, or it would leave them behind.
        before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
        try:
            started.start()
            yield started
        finally:
            started.stop()
            signal.signal(signal.SIGTERM, before)


class Components:
    """The processes of one running installation."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Each in a process group of its own: a Ctrl-C reaches only us, and we stop them in order."""
        environment = self.installation.environment()
        for component, options in COMPONENTS.items():
            with self.installation.log(component).open("wb") as log:
                self.processes[component] = subprocess.Popen(
                    airflow(component, *options), env=environment, stdout=log, stderr=log, start_new_session=True
                )

    def check(self) -> None:
        """ComponentEndedError when one is gone that should be running."""
        for component, process in self.processes.items():
            if process.poll() is not None:
                log = self.installation.log(component)
                raise ComponentEndedError(f"airflow {component} ended with {process.returncode}:\n{tail(log)}")

    def wait(self, what: str, ready: Callable[[], T | None], patience: float = PATIENCE) -> T:
        """What `ready` returns, once that is something. NotReadyError after `patience` seconds."""
        deadline = time.monotonic() + patience
        while not (got := ready()):
            self.check()
            if time.monotonic() > deadline:
                raise NotReadyError(f"{what} did not come within {patience} s; see {self.installation.home}")
            time.sleep(0.5)
        return got

    def stop(self) -> None:
        """All of them, children included. The api-server last: tasks that are ending still report to it."""
        with undisturbed():
            for component in reversed(COMPONENTS):
                if component in self.processes:
                    end(self.processes[component])


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


def airflow(*words: str) -> list[str]:
    """The command line of the Airflow that is installed beside us."""
    return [sys.executable, "-m", "airflow", *words]


def tail(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL:])
