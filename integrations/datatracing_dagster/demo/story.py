"""Dagster's part of `datatracing demo`, in order: an instance of its own, two runs, one look, show."""

import sys
from pathlib import Path

from datatracing.demo.processes import Programs, free_port, stopped_afterwards
from datatracing.demo.stage import DemoFailedError, Stage

FAILED = 1
"""How `dagster job execute` ends when the run has failed, as the second one is meant to."""
CONFIGURATION = "telemetry: {enabled: false}\nnux: {enabled: false}\n"


def tell(stage: Stage, keep: bool = False) -> None:
    """The whole of it. With `keep`, Dagster's own UI stays up until Ctrl-C."""
    home = stage.room("dagster")
    (home / "dagster.yaml").write_text(CONFIGURATION)
    programs = Programs(home, stage.environment(DAGSTER_HOME=str(home)))
    run(stage, programs)
    stage.say("watching: datatracing dagster watch --once")
    stage.command("dagster", "watch", "--once", DAGSTER_HOME=str(home))
    stage.show(newest(stage, "shop"))
    if keep:
        stay(stage, programs)


def run(stage: Stage, programs: Programs) -> None:
    """One run writes an asset, another one reads it and has a bad night. A process per step, as in production."""
    stage.say("running the Dagster job `orders`: it writes an asset")
    programs.run("orders", dagster("job", "execute", "-f", str(example()), "-j", "orders"))
    stage.say("running the Dagster job `shop`: a retry, a dynamic map with one bad batch, an asset of the other run")
    programs.run("shop", dagster("job", "execute", "-f", str(example()), "-j", "shop"), allowed=(0, FAILED))


def newest(stage: Stage, job: str) -> str:
    """The name of the job's last run, as the command line takes it."""
    found = stage.newest("dagster", job)
    if found is None:
        raise DemoFailedError(f"no run of {job} was stored; see {stage.folder / 'dagster'}")
    return found


def stay(stage: Stage, programs: Programs) -> None:
    """Dagster's UI and daemon, with the sensor of the example, which has what is run there stored."""
    port = free_port()
    with stopped_afterwards(programs):
        programs.start("dev", dagster("dev", "-f", str(example()), "-h", "127.0.0.1", "-p", str(port)))
        stage.stay(f"Dagster is at http://127.0.0.1:{port}", programs.check)


def dagster(*words: str) -> list[str]:
    """The command line of the Dagster that is installed beside us."""
    return [sys.executable, "-m", "dagster", *words]


def example() -> Path:
    """In a checkout the folder `examples`; in a wheel a copy of it."""
    checkout = Path(__file__).parents[3] / "examples" / "dagster"
    return (checkout if checkout.is_dir() else Path(__file__).parent / "example") / "shop.py"
