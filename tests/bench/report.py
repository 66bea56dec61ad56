"""Times to a table: p50 and p99 per hook and listener, and how many times longer the other one takes."""

import json
import os
import platform
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from statistics import median

OURS, THEIRS, FLOOR = "datatracing_airflow", "openlineage", "stopwatch"
TASK_PROCESS = "TaskRunnerMarker"
"""What Airflow says is stopping when it is the process of a task and not a component."""
HOOKS = {
    "on_task_instance_running": "task running",
    "on_task_instance_success": "task success",
    "before_stopping": "task process ends",
    "on_dag_run_running": "run running (scheduler)",
    "on_dag_run_success": "run success (scheduler)",
}
OF_A_TASK = ("on_task_instance_running", "on_task_instance_success", "before_stopping")
HEAD = """\
| store | hook | calls | empty hook p50 | DataTracing p50 / p99 | OpenLineage p50 / p99 | ratio of p50 |
|---|---|---|---|---|---|---|"""


def rows(store: str, times: Path) -> list[str]:
    """One Markdown row per hook that both sides, or only ours, answered."""
    measured = defaultdict(list)
    for line in times.read_text().splitlines():
        call = json.loads(line)
        if call["hook"] != "before_stopping" or call["about"] == TASK_PROCESS:
            measured[call["hook"], call["listener"]].append(call["ms"])
    seen = [hook for hook in HOOKS if measured.get((hook, OURS))]
    return [*(row(store, hook, measured) for hook in seen), whole_task(store, measured)] if seen else []


def row(store: str, hook: str, measured) -> str:
    ours, theirs, floor = (measured.get((hook, listener), []) for listener in (OURS, THEIRS, FLOOR))
    ratio = times_as_long(median(theirs), median(ours)) if theirs else ""
    return cells(store, HOOKS[hook], len(ours), middle(floor), both(ours), both(theirs), ratio)


def whole_task(store: str, measured) -> str:
    """The three hooks of a task together: OpenLineage does its work in two of them, DataTracing ships in the third."""
    ours, theirs = (sum(median(measured.get((hook, who), [0])) for hook in OF_A_TASK) for who in (OURS, THEIRS))
    return cells(
        store, "**one task, its three hooks**", "", "", f"{ours:.2f}", f"{theirs:.2f}", times_as_long(theirs, ours)
    )


def cells(*values) -> str:
    return f"| {' | '.join(str(value) for value in values)} |"


def times_as_long(theirs: float, ours: float) -> str:
    return f"{theirs / ours:.0f}x" if theirs > ours else f"{theirs / ours:.1g}x"


def middle(times: list[float]) -> str:
    return f"{median(times):.2f}" if times else ""


def both(times: list[float]) -> str:
    return f"{median(times):.2f} / {percentile(times, 0.99):.2f}" if times else ""


def percentile(times: list[float], share: float) -> float:
    """The smallest time that at least this share of the calls stayed within."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def conditions(tasks: int) -> str:
    """What a reader needs in order to compare."""
    packages = ("apache-airflow", "apache-airflow-providers-openlineage", "psycopg")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"Milliseconds inside each hook. {tasks} tasks per store, two at a time, LocalExecutor, SQLite metadata. "
        f"{machine()}. "
        f"Python {platform.python_version()}, {versions}; OpenLineage's transport is the console."
    )


def machine() -> str:
    """What it ran on, and what else ran there."""
    return f"{processor()}, {os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}"


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()
