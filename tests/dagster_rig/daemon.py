"""Dagster's daemon over Postgres, with three code locations: a user's, a traced one, and the one without user code."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.dagster_rig.home import REPOSITORY, Home

LOCATIONS = ("tests.dagster_rig.location", "tests.dagster_rig.traced_location", "datatracing_dagster.code_location")
WORKSPACE = "load_from:\n" + "".join(f"  - python_module: {{module_name: {name}}}\n" for name in LOCATIONS)
# A bare postgresql:// means psycopg 3 from SQLAlchemy 2.1 on, which Dagster does not know.
CONFIGURATION = """
storage:
  postgres:
    postgres_url: "postgresql+psycopg2://{address}"
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config: {{max_concurrent_runs: 3, dequeue_interval_seconds: 1}}
run_retries: {{enabled: true}}
run_monitoring: {{enabled: true, poll_interval_seconds: 1, start_timeout_seconds: 120}}
sensors: {{use_threads: true, num_workers: 4}}
"""


@contextmanager
def running(home: Home) -> "Iterator[Daemon]":
    """The daemon and the code servers that it starts; all of them end with the block."""
    workspace = home.folder / "workspace.yaml"
    workspace.write_text(WORKSPACE)
    command = [sys.executable, "-m", "dagster._daemon", "run", "-w", str(workspace)]
    with (home.folder / "daemon.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=home.environment, cwd=REPOSITORY, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield Daemon(home, process)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            finally:
                # Code servers would notice by themselves that nobody asks them any more, a while later.
                os.killpg(process.pid, signal.SIGKILL)


class Daemon:
    def __init__(self, home: Home, process: "subprocess.Popen[bytes]") -> None:
        self.home = home
        self.process = process

    def until(self, done: Callable[[], bool], what: str, seconds: float = 200) -> None:
        """Wait for something that the daemon does."""
        deadline = time.monotonic() + seconds
        while not done():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}\n{self.log()}"
            time.sleep(0.5)

    def log(self) -> str:
        return Path(self.home.folder / "daemon.log").read_text()[-6_000:]

    def backfill(self, job: str) -> None:
        """All partitions of a job of the user's location."""
        place = ["-m", LOCATIONS[0], "-j", job]
        self.home.call("dagster", "job", "backfill", *place, "--all", "", "--noprompt")
