"""`make bench`: the time inside each hook, ours beside the OpenLineage provider's, in the same processes.

Once with a store that is well, once with one that refuses connections, once with one that swallows them.
"""

import argparse
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path

from datatracing.store.registry import open_store
from datatracing_airflow.demo.installation import free_port
from tests.airflow_rig.cluster import running
from tests.airflow_rig.home import Home
from tests.bench import report
from tests.bench.outages import black_hole, refused

HERE = Path(__file__).parent
FOLDER = Path(".bench").resolve()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--tasks", type=int, default=100, help="tasks per store")
    tasks = parser.parse_args().tasks
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
    """The file of times that one run of `many` left."""
    times = FOLDER / f"{name}.jsonl"
    home = Home(
        FOLDER / name,
        port=free_port(),
        dags=HERE / "dags",
        settings={
            "DATATRACING_STORE": store,
            "DATATRACING_SPOOL_DIR": str(FOLDER / name / "spool"),
            "BENCH_TIMES": str(times),
            "BENCH_TASKS": str(tasks),
            "AIRFLOW__OPENLINEAGE__TRANSPORT": '{"type": "console"}',
        },
        overrides={("core", "plugins_folder"): str(HERE / "plugins")},
    ).furnish(FOLDER / "blank")
    if store.startswith("sqlite"):
        open_store(store, migrate=True).close()
    with running(home, dags=1) as cluster:
        cluster.api.trigger("many", "bench")
        cluster.until(lambda: state(cluster) in {"success", "failed"}, "the tasks have run", 60 + 10 * tasks)
        assert state(cluster) == "success", cluster.logs()
    return times


def state(cluster) -> str:
    return cluster.api.get("dags/many/dagRuns/bench")["state"]


if __name__ == "__main__":
    main()
