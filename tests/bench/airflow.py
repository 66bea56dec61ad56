"""`python -m tests.bench airflow`: the time inside each hook, ours beside the OpenLineage provider's, in one process.

Once with a store that is well, once with one that refuses connections, once with one that swallows them.
"""

import argparse
import os
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path

from datatracing.demo.processes import Programs, stopped_afterwards
from datatracing.demo.stage import without_hosts
from datatracing.store.registry import open_store
from datatracing_airflow.demo.installation import Installation
from datatracing_airflow.demo.rest import Rest
from tests.bench import report
from tests.bench.outages import black_hole, refused

HERE = Path(__file__).parent
FOLDER = Path(".bench").resolve()
RUNS = 10
"""Among which the tasks are divided, so that the scheduler's hooks are called more than once."""


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench airflow")
    parser.add_argument("--tasks", type=int, default=100, help="tasks per store")
    tasks = parser.parse_args(words).tasks
    shutil.rmtree(FOLDER, ignore_errors=True)
    lines = [report.conditions(tasks), "", report.HEAD]
    for name, store in stores().items():
        print(f"{name}: {tasks} tasks ...", file=sys.stderr, flush=True)
        with store as url:
            lines += report.rows(name, measure(name.replace(" ", "-"), url, tasks))
    print("\n".join(lines))
    (FOLDER / "hooks.md").write_text("\n".join(lines) + "\n")


def stores():
    """Name to a context that yields the URL."""
    healthy = f"sqlite:///{FOLDER / 'traces.db'}"
    return {"healthy": nullcontext(healthy), "refused": refused(), "black hole": black_hole()}


def measure(name: str, store: str, tasks: int) -> Path:
    """The file of times that the runs of `many` left."""
    times = FOLDER / f"{name}.jsonl"
    installation = Installation(FOLDER / name, HERE / "dags")
    installation.home.mkdir(parents=True)
    ours = settings(FOLDER / name, store, times, tasks)
    programs = Programs(installation.home, {**without_hosts(os.environ), **installation.variables(), **ours})
    installation.migrate(programs)
    if store.startswith("sqlite"):
        open_store(store, migrate=True).close()
    rest = Rest(installation.port)
    with stopped_afterwards(programs):
        installation.start(programs)
        programs.wait("Airflow", lambda: rest.healthy() and rest.parsed("many"))
        for number in range(RUNS):
            assert rest.trigger("many", f"bench-{number}")
        over = programs.wait("the tasks", lambda: rest.finished("many", RUNS), 60 + 10 * tasks)
    assert {run["state"] for run in over} == {"success"}
    return times


def settings(home: Path, store: str, times: Path, tasks: int) -> dict[str, str]:
    return {
        "DATATRACING_STORE": store,
        "DATATRACING_SPOOL_DIR": str(home / "spool"),
        "BENCH_TIMES": str(times),
        "BENCH_TASKS": str(tasks // RUNS),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(HERE / "plugins"),
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": '{"type": "console"}',
    }
