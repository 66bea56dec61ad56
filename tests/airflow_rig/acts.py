"""What a person does to a run from outside, for the shapes that need a hand."""

from collections.abc import Callable, Mapping

from tests.airflow_rig.cluster import Cluster
from tests.airflow_rig.oracle import Oracle

Act = Callable[[Cluster, Oracle], None]
PATIENCE = 120.0
"""Seconds until a task runs on a machine that is busy with all the other shapes."""


def mark_task(dag: str, state: str) -> Act:
    """Call the long task of a run something else while it runs."""

    def act(cluster: Cluster, oracle: Oracle) -> None:
        _until_at_work(cluster, oracle, dag, "long_task")
        cluster.api.mark_task(dag, f"{dag}.1", "long_task", state)

    return act


def mark_run_failed(cluster: Cluster, oracle: Oracle) -> None:
    """Call a run failed while both of its long tasks run."""
    _until_at_work(cluster, oracle, "run_marked_failed", "long_task", "another_long_task")
    cluster.api.mark_run("run_marked_failed", "run_marked_failed.1", "failed")


def clear(cluster: Cluster, oracle: Oracle) -> None:
    """Run a part of a finished run again."""
    dag, run = "cleared_and_rerun", "cleared_and_rerun.1"
    cluster.until(lambda: oracle.state(dag, run) == "success", f"{dag} is over for the first time", PATIENCE)
    cluster.api.clear(dag, run, "transform")
    cluster.until(lambda: oracle.attempts(dag, run, "load") == 2, f"{dag} is tried again", PATIENCE)


ACTS: Mapping[str, Act] = {
    "marked_success": mark_task("marked_success", "success"),
    "marked_failed": mark_task("marked_failed", "failed"),
    "run_marked_failed": mark_run_failed,
    "cleared_and_rerun": clear,
}
"""By the name of the shape."""


def _until_at_work(cluster: Cluster, oracle: Oracle, dag: str, *tasks: str) -> None:
    cluster.until(lambda: oracle.at_work(dag, f"{dag}.1") >= set(tasks), f"{dag} is at work", PATIENCE)
