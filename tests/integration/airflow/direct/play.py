"""Runs DAGs with dag.test() in this process, and writes down what happened as JSON: run by the tests, not imported.

Usage: python -m tests.integration.airflow.direct.play OUT DAGS
"""

import json
import runpy
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path

from tests.integration.airflow.direct.queries import queries_of_hooks

LOGICAL = datetime(2026, 1, 2, tzinfo=timezone.utc)
CONF = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "password": "opensesame123"}
PLAYED = ("shop", "broken", "plain", "parent", "waiter", "patient", "grouped", "secretive")


def main(out: Path, file: Path) -> None:
    from airflow.utils.state import DagRunState, TaskInstanceState

    dags = runpy.run_path(str(file))["PIPELINES"]
    with queries_of_hooks() as queries:
        runs = {dag_id: play(dags[dag_id]) for dag_id in PLAYED}
    out.write_text(
        json.dumps(
            {
                "runs": runs,
                "queries": queries,
                "threads": [thread.name for thread in threading.enumerate() if ours(thread)],
                "held": [str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()],
                "words": [[state.value for state in TaskInstanceState], [state.value for state in DagRunState]],
            }
        )
    )


def ours(thread) -> bool:
    return "datatracing" in f"{thread.name} {type(thread).__module__} {getattr(thread, '_target', None)}"


def play(dag) -> dict:
    run = dag.test(logical_date=LOGICAL, run_conf=CONF if dag.dag_id == "shop" else None)
    states = {f"{ti.task_id}[{ti.map_index}]": ti.state for ti in run.get_task_instances()}
    return {"run_id": run.run_id, "state": run.state, "states": states}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
