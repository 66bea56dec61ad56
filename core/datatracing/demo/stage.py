"""What every demonstration has: a folder of its own, a fresh store in it, and a voice."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import datatracing
from datatracing.agent.stop import stop
from datatracing.errors import DataTracingError, NotFoundError
from datatracing.store.search import RunFilter

COMMAND = "from datatracing.cli import main; main()"
HOSTS = ("AIRFLOW_", "DAGSTER_", "PREFECT_", "DATATRACING_")


class DemoFailedError(DataTracingError):
    """The demonstration did not get as far as its trace."""


@dataclass
class Stage:
    """One folder; `traces.db` stays there afterwards, to look further."""

    folder: Path
    started: float = field(default_factory=time.monotonic)
    runs: list[str] = field(default_factory=list)
    """What was shown so far, as the command line takes it."""

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        self.store = f"sqlite:///{self.folder / 'traces.db'}"
        self.settings = {"DATATRACING_STORE": self.store, "DATATRACING_SPOOL_DIR": str(self.folder / "spool")}

    def prepare(self) -> None:
        """A clean folder with our tables."""
        self.say(f"preparing {self.folder}")
        self.leave()
        self.room("spool")
        for database in self.folder.glob("traces.db*"):
            database.unlink()
        self.command("db", "upgrade", quiet=True)

    def room(self, name: str) -> Path:
        """An empty folder inside; what an earlier demonstration left there is gone."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / name).mkdir(parents=True)
        return self.folder / name

    def environment(self, **host: str) -> dict[str, str]:
        """For processes started here: what the caller's shell says about orchestrators of its own is left out."""
        return without_hosts(os.environ) | self.settings | host

    def command(self, *words: str, quiet: bool = False, **host: str) -> None:
        """One `datatracing` command against the demo's store, as a user would run it."""
        call = [sys.executable, "-c", COMMAND, *words]
        ended = subprocess.run(call, env=self.environment(**host), check=False, text=True, capture_output=quiet)
        if ended.returncode:
            raise DemoFailedError(f"datatracing {' '.join(words)} ended with {ended.returncode} {ended.stderr or ''}")

    def document(self, run: str) -> dict[str, Any] | None:
        """The trace document; None as long as the store does not have a sealed one."""
        connection = datatracing.connect(self.store)
        try:
            found = connection.trace(run)
        except NotFoundError:
            return None
        finally:
            connection.close()
        return found if found["run"]["verdict"] else None

    def newest(self, orchestrator: str, pipeline: str) -> str | None:
        """The last sealed run of a pipeline, as the command line takes it; None while there is none."""
        connection = datatracing.connect(self.store)
        try:
            connection.sweep()
            found = connection.runs(RunFilter(orchestrator, pipeline=pipeline), 1).runs
        finally:
            connection.close()
        return found[0].run.name if found and found[0].verdict else None

    def show(self, run: str) -> None:
        """What a person on call would type about this run."""
        self.runs.append(run)
        for words in (("trace", run), ("why", run)):
            print(f"\n$ datatracing {' '.join(words)}", flush=True)
            self.command(*words)
        print(flush=True)

    def stay(self, where: str, check: Callable[[], None]) -> None:
        """Until Ctrl-C; `check` raises when something that should be running is gone."""
        self.say(f"{where}. Ctrl-C stops it")
        print(self.further(), flush=True)
        try:
            while True:
                check()
                time.sleep(1)
        except KeyboardInterrupt:
            print()

    def leave(self) -> None:
        """Processes that were traced have started an agent, which would stay for a while."""
        stop(self.folder / "spool")

    def further(self) -> str:
        """The commands that go on from here."""
        command = shutil.which("datatracing") and "datatracing"
        command = command or typed(Path(sys.executable).with_name("datatracing"))
        looks = [f"  {command} trace {run} --json" for run in self.runs[-1:]]
        store = f"  export DATATRACING_STORE=sqlite:///{typed(self.folder / 'traces.db')}"
        return "\n".join(["", "Look further:", store, f"  {command} runs", *looks, f"  {command} serve", ""])

    def say(self, text: str) -> None:
        """A line of progress, with the seconds since the start."""
        print(f"[{time.monotonic() - self.started:4.0f} s] {text}", flush=True)


Story = Callable[[Stage, bool], None]
"""Plays on a stage; when told to stay, it leaves its orchestrator running until Ctrl-C."""


def without_hosts(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what it says about any orchestrator, or about us."""
    return {name: value for name, value in environ.items() if not name.startswith(HOSTS)}


def typed(path: Path) -> str:
    """As short as it can be typed from here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
