"""`python -m tests.bench task`: CPU and wall time of whole task processes on a real Airflow, with us and without.

The variants take turns on one Airflow, and each is compared with the same round's tasks that nobody watched.
"""

import argparse
import json
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from statistics import median

from datatracing.store.sql.schema import upgrade
from tests import agents
from tests.airflow_rig.cluster import Cluster, running
from tests.airflow_rig.home import Home
from tests.airflow_rig.metadata import postgres_metadata
from tests.airflow_rig.oracle import Oracle
from tests.airflow_rig.places import free_port
from tests.bench import report
from tests.bench.outages import black_hole
from tests.postgres_server import LASTING
from tests.storm.scene import COMPONENTS, lonely_server

HERE = Path(__file__).parent
FOLDER = Path(".bench").resolve() / "task"
DAG, WARMING = "ordinary", "many"
NOBODY, AGAIN = "without both", "without both, again"
"""The second differs from the first by the noise of the machine alone."""
CPU, WALL = 10, 5
"""What we allow ourselves, in milliseconds per task."""
PATIENCE, LATE = 900, 1_000
"""Seconds until a run has to be over; milliseconds after which Airflow has seen the end of a task late."""
RESTING = 5.0
"""Per cent of one core."""
HEAD = f"""\
| | CPU, ms | more (ceiling {CPU}) | wall, ms | more (ceiling {WALL}) | late | an early fork, ms | agent, ms CPU |
|---|---|---|---|---|---|---|---|"""
Costs = Mapping[str, list[float]]


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench task")
    parser.add_argument("--tasks", type=int, default=20, help="tasks of each kind, per variant and round")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args(words)
    shutil.rmtree(FOLDER, ignore_errors=True)
    with lonely_server(**LASTING) as server, black_hole() as dead, airflow(server, given.tasks) as cluster:
        measured = rounds(cluster, variants(server, dead), given.rounds)
    lines = [conditions(given.tasks, given.rounds), "", HEAD, *rows(measured)]
    print("\n".join(lines))
    (FOLDER / "task.md").write_text("\n".join(lines) + "\n")


def variants(server, dead: str) -> Mapping[str, Mapping[str, str]]:
    """Name to what the scheduler, and with it every task, has in its environment."""
    sqlite, postgres = f"sqlite:///{FOLDER / 'traces.db'}", server.tcp_url("traces")
    for store in (sqlite, postgres):
        upgrade(store)
    alone = {"AIRFLOW__OPENLINEAGE__DISABLED": "True"}
    return {
        NOBODY: {**alone, "BENCH_HIDES": "1"},
        "DataTracing, SQLite": {**alone, "DATATRACING_STORE": sqlite},
        "DataTracing, Postgres": {**alone, "DATATRACING_STORE": postgres},
        "DataTracing, store dead": {**alone, "DATATRACING_STORE": dead},
        "OpenLineage": {"BENCH_HIDES": "1"},
        AGAIN: {**alone, "BENCH_HIDES": "1"},
    }


@contextmanager
def airflow(server, tasks: int) -> Iterator[Cluster]:
    settings = {
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(HERE / "plugins"),
        "AIRFLOW__OPENLINEAGE__TRANSPORT": '{"type": "console"}',
        "BENCH_TIMES": "/dev/null",
        "BENCH_TASKS": "2",
        "BENCH_EACH": str(tasks),
        "BENCH_COST": str(FOLDER / "unnamed.jsonl"),
        "DATATRACING_SPOOL_DIR": str(FOLDER / "spool"),
    }
    overrides = {("core", "parallelism"): "1"}
    bare = Home(FOLDER / "home", free_port(), dags=HERE / "dags", settings=settings, overrides=overrides)
    with server.connect() as admin:
        admin.execute("CREATE DATABASE traces")
    with postgres_metadata(bare, server, FOLDER / "blank") as metadata:
        home = replace(bare, metadata=metadata).furnish()
        with running(home, dags=2, names=COMPONENTS) as cluster:
            yield cluster


def rounds(cluster: Cluster, chosen: Mapping[str, Mapping[str, str]], count: int) -> Mapping[str, list[Costs]]:
    """By variant, the costs of each round."""
    oracle = Oracle(cluster.home.database)
    measured: dict[str, list[Costs]] = {name: [] for name in chosen}
    for number in range(count):
        for name, settings in chosen.items():
            print(f"round {number + 1}, {name} ...", file=sys.stderr, flush=True)
            measured[name].append(one(cluster, oracle, f"{number}-{name.replace(' ', '-').replace(',', '')}", settings))
    oracle.close()
    return measured


def one(cluster: Cluster, oracle: Oracle, run: str, settings: Mapping[str, str]) -> Costs:
    file, spool = FOLDER / f"{run}.jsonl", FOLDER / f"spool-{run}"
    named = {"DATATRACING_SPOOL_DIR": str(spool), "BENCH_COST": str(file)}
    cluster.restart("scheduler", {**cluster.home.settings, **named, **settings})
    play(cluster, oracle, WARMING, run)
    cluster.until(lambda: at_rest(spool), "the agents are at rest")
    before, idle = len(file.read_text().splitlines()), used(spool)
    play(cluster, oracle, DAG, run)
    busy = used(spool)
    agents.kill(spool)
    tasks = costs(file.read_text().splitlines()[before:])
    return {**tasks, "agent": [1_000 * (busy - idle) / len(tasks["cpu"])]}


def used(spool: Path) -> float:
    """Seconds of CPU that the agents have had."""
    return sum(sum(agent.cpu_times()[:2]) for agent in agents.agents(spool))


def play(cluster: Cluster, oracle: Oracle, dag: str, run: str) -> None:
    cluster.api.trigger(dag, run)
    cluster.until(lambda: oracle.state(dag, run) == "success", f"{dag} {run} is over", PATIENCE)


def at_rest(spool: Path) -> bool:
    """Agents are processes too, and what their start costs the machine is no task's cost."""
    return sum(agent.cpu_percent(1) for agent in agents.agents(spool)) < RESTING


def costs(lines: Iterable[str]) -> Costs:
    found: dict[str, list[float]] = {}
    for line in lines:
        for what, milliseconds in json.loads(line).items():
            found.setdefault(what, []).append(milliseconds)
    return found


def rows(measured: Mapping[str, list[Costs]]) -> Iterator[str]:
    """Of all rounds together: what a single round adds is less than what the machine's mood does."""
    without = added_up(measured[NOBODY])
    for name, costs in measured.items():
        ours = added_up(costs)
        cpu, wall, fork = (median(ours[what]) for what in ("cpu", "wall", "fork"))
        more = [f"{mine - median(without[what]):+.1f}" for what, mine in (("cpu", cpu), ("wall", wall))]
        late = f"{100 * len(ours['late']) / len(ours['cpu']):.0f} %"
        yield report.cells(
            name, f"{cpu:.0f}", more[0], f"{wall:.0f}", more[1], late, f"{fork:.1f}", f"{median(ours['agent']):.1f}"
        )


def added_up(rounds: list[Costs]) -> Costs:
    """Airflow looks whether a task's process is gone when the last of its sockets has closed. If it is not quite, it
    looks again after `min_heartbeat_interval`: such a task is `late`, and how long it took says nothing of itself."""
    every = {what: [each for costs in rounds for each in costs[what]] for what in rounds[0]}
    every["late"] = [each for each in every["wall"] if each > LATE]
    every["wall"] = [each for each in every["wall"] if each <= LATE]
    return every


def conditions(tasks: int, count: int) -> str:
    packages = ("apache-airflow", "apache-airflow-providers-openlineage", "psycopg")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"Whole task processes, children included, medians of {count} rounds of {2 * tasks} tasks each, one at a time; "
        f"LocalExecutor, metadata and store in one Postgres with its default durability (fsync on); the dead store "
        f"takes connections and never answers. {report.machine()}. Python {platform.python_version()}, {versions}; "
        "OpenLineage's transport is the console."
    )
