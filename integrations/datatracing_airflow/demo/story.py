"""Airflow's part of `datatracing demo`, in order: prepare, start, trigger, wait, show, stop."""

from functools import partial
from pathlib import Path

from datatracing.demo.processes import Programs, stopped_afterwards
from datatracing.demo.stage import Stage
from datatracing_airflow.demo.installation import Installation
from datatracing_airflow.demo.rest import Rest

RUN = "airflow:shop/demo"


def tell(stage: Stage, keep: bool = False) -> None:
    """The whole of it. With `keep`, Airflow stays up until Ctrl-C."""
    installation = Installation(home=stage.room("airflow"), dags=example_dags())
    programs = Programs(installation.home, stage.environment(**installation.variables()))
    installation.migrate(programs)
    stage.say("starting a real Airflow: api-server, scheduler, dag-processor")
    with stopped_afterwards(programs):
        installation.start(programs)
        run(stage, programs, Rest(installation.port))
        stage.show(RUN)
        if keep:
            stage.stay(f"Airflow is at {installation.url} (no login)", programs.check)
        stage.say("stopping Airflow")


def run(stage: Stage, programs: Programs, rest: Rest) -> None:
    """Trigger `shop`, and wait until it and the run it triggers are over and sealed."""
    programs.wait("Airflow", rest.healthy)
    for dag in ("shop_report", "shop"):
        programs.wait(f"the DAG {dag}", partial(rest.parsed, dag))
    stage.say("triggering shop, run id demo")
    programs.wait("the trigger", partial(rest.trigger, "shop", "demo"))
    stage.say("running: a retry, a branch, a mapped task with one bad batch, a child run")
    for dag in ("shop", "shop_report"):
        over = programs.wait(f"the run of {dag}", partial(rest.finished, dag))
        stage.say(f"Airflow says {dag} is {over[0]['state']}")
    programs.wait("the traces", partial(sealed, stage))
    stage.say("both traces are sealed")


def sealed(stage: Stage) -> bool:
    """Both runs are in the store, and the parent knows its child."""
    parent = stage.document(RUN)
    children = [link["trace_id"] for link in parent["links"] if link["direction"] == "down"] if parent else []
    return bool(children) and all(stage.document(child) for child in children)


def example_dags() -> Path:
    """In a checkout the folder `examples`; in a wheel a copy of it."""
    checkout = Path(__file__).parents[3] / "examples" / "airflow" / "dags"
    return checkout if checkout.is_dir() else Path(__file__).parent / "dags"
