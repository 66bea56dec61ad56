"""A Dagster home: a folder with its configuration, and programs that run in it."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datatracing import connect
from datatracing.demo.stage import without_hosts

REPOSITORY = Path(__file__).parents[2]
QUIET = "telemetry: {enabled: false}\nnux: {enabled: false}\n"


@dataclass
class Home:
    """`settings` are ours, as environment variables."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    configuration: str = ""

    def furnish(self) -> "Home":
        """With a dagster.yaml; Dagster makes its tables itself."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "dagster.yaml").write_text(QUIET + self.configuration)
        return self

    @property
    def environment(self) -> dict[str, str]:
        """Of every process in this home. Where Python may keep bytecode, a step starts in a third of the time."""
        inherited = {**without_hosts(os.environ), "PYTHONDONTWRITEBYTECODE": ""}
        return {**inherited, **self.settings, "DAGSTER_HOME": str(self.folder), "PYTHONPATH": str(REPOSITORY)}

    def call(self, *words: str, check: bool = True, timeout: float = 240) -> "subprocess.CompletedProcess[str]":
        """`python -m` these words, to the end."""
        return subprocess.run(
            [sys.executable, "-m", *words],
            env=self.environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=check,
            timeout=timeout,
        )

    def play(self, executor: str, *jobs: str) -> dict[str, str]:
        """The run ids by job; without those that took their process along."""
        printed = self.call("tests.dagster_rig.play", executor, *jobs, check=False)
        runs = dict(line.split() for line in printed.stdout.splitlines() if len(line.split()) == 2)
        assert set(jobs) <= set(runs) or printed.returncode == -signal.SIGKILL, printed.stderr[-3_000:]
        return runs

    def datatracing(self, *words: str) -> str:
        """What a command of ours prints."""
        command = str(Path(sys.executable).with_name("datatracing"))
        done = subprocess.run([command, *words], env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def trace(self, run: str) -> dict[str, Any]:
        """The document of a run, by its name."""
        with closing(connect(self.settings["DATATRACING_STORE"])) as connection:
            return connection.trace(connection.find(run))

    def books(self, run: str) -> dict[str, int]:
        """Of one run, by its name."""
        with closing(connect(self.settings["DATATRACING_STORE"])) as connection:
            stages = connection.why(connection.find(run))["stages"]
        return next(stage["facts"] for stage in stages if stage["stage"] == "books")
