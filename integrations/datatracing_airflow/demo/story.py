"""What `datatracing demo` does, in order: prepare, start, trigger, wait, show, stop."""

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import datatracing
from datatracing.errors import DataTracingError, NotFoundError
from datatracing_airflow.demo.installation import Components, Installation
from datatracing_airflow.demo.rest import Rest

RUN = "airflow:shop/demo"
COMMAND = "from datatracing.cli import main; main()"


class DemoFailedError(DataTracingError):
    """The demonstration did not get as far as its trace."""


@dataclass
class Story:
    """One demonstration in one folder; `traces.db` stays there afterwards, to look further."""

    folder: Path
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        self.store = f"sqlite:///{self.folder / 'traces.db'}"
        self.installation = Installation(
            home=self.folder / "airflow",
            dags=example_dags(),
            settings={"DATATRACING_STORE": self.store, "DATATRACING_SPOOL_DIR": str(self.folder / "spool")},
        )
        self.rest = Rest(self.installation.port)

    def tell(self, keep: bool = False) -> None:
        """The whole of it. With `keep`, Airflow stays up until Ctrl-C."""
        self.prepare()
        self.say("starting a real Airflow: api-server, scheduler, dag-processor")
        with self.installation.running() as components:
            self.run(components)
            self.show()
            if keep:
                self.stay(components)
            self.say("stopping Airflow")
        self.say("done")
        print(self.further())

    def prepare(self) -> None:
        """A clean folder, Airflow's tables and ours."""
        self.say(f"preparing {self.folder}")
        for left_over in ("airflow", "spool"):
            shutil.rmtree(self.folder / left_over, ignore_errors=True)
        for database in self.folder.glob("traces.db*"):
            database.unlink()
        self.installation.migrate()
        self.command("db", "upgrade", quiet=True)

    def run(self, components: Components) -> None:
        """Trigger `shop`, and wait until it and the run it triggers are over and sealed."""
        components.wait("Airflow", self.rest.healthy)
        for dag in ("shop_report", "shop"):
            components.wait(f"the DAG {dag}", partial(self.rest.parsed, dag))
        self.say("triggering shop, run id demo")
        components.wait("the trigger", partial(self.rest.trigger, "shop", "demo"))
        self.say("running: a retry, a branch, a mapped task with one bad batch, a child run")
        for dag in ("shop", "shop_report"):
            over = components.wait(f"the run of {dag}", partial(self.rest.finished, dag))
            self.say(f"Airflow says {dag} is {over[0]['state']}")
        components.wait("the traces", self.sealed)
        self.say("both traces are sealed")

    def sealed(self) -> bool:
        """Both runs are in the store, and the parent knows its child."""
        connection = datatracing.connect(self.store)
        try:
            parent = connection.trace(connection.find(RUN))
            children = [link["trace_id"] for link in parent["links"] if link["direction"] == "down"]
            runs = [parent["run"], *(connection.trace(child)["run"] for child in children)]
        except NotFoundError:
            return False
        finally:
            connection.close()
        return bool(children) and all(run["verdict"] for run in runs)

    def show(self) -> None:
        """What a person on call would type."""
        for words in (("runs",), ("trace", RUN), ("why", RUN)):
            print(f"\n$ datatracing {' '.join(words)}", flush=True)
            self.command(*words)
        print(flush=True)

    def stay(self, components: Components) -> None:
        """Until Ctrl-C."""
        self.say(f"Airflow is at {self.installation.url} (no login). Ctrl-C stops it")
        print(self.further(), flush=True)
        try:
            while True:
                components.check()
                time.sleep(1)
        except KeyboardInterrupt:
            print()

    def further(self) -> str:
        """The commands that go on from here."""
        command = shutil.which("datatracing") and "datatracing"
        command = command or typed(Path(sys.executable).with_name("datatracing"))
        return (
            f"\nLook further:\n  export DATATRACING_STORE=sqlite:///{typed(self.folder / 'traces.db')}\n"
            f"  {command} trace {RUN} --json\n  {command} runs --pipeline 'shop*'\n"
        )

    def command(self, *words: str, quiet: bool = False) -> None:
        """One `datatracing` command against the demo's store, as a user would run it."""
        environment = self.installation.environment()
        call = [sys.executable, "-c", COMMAND, *words]
        ended = subprocess.run(call, env=environment, check=False, text=True, capture_output=quiet)
        if ended.returncode:
            raise DemoFailedError(f"datatracing {' '.join(words)} ended with {ended.returncode} {ended.stderr or ''}")

    def say(self, text: str) -> None:
        """A line of progress, with the seconds since the start."""
        print(f"[{time.monotonic() - self.started:4.0f} s] {text}", flush=True)


def typed(path: Path) -> str:
    """As short as it can be typed from here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def example_dags() -> Path:
    """In a checkout the folder `examples`; in a wheel a copy of it."""
    checkout = Path(__file__).parents[3] / "examples" / "airflow" / "dags"
    return checkout if checkout.is_dir() else Path(__file__).parent / "dags"
