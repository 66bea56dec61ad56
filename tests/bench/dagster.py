"""`python -m tests.bench dagster`: one run of many steps, read from Dagster's event log and sealed, both on Postgres.

Beside it: the same rows read by raw SQL, the floor of every watcher that reads them; and the sensor of
dagster-openlineage on the same run, called while the run goes on and then until it finds nothing new.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median

import dagster
import psycopg

from datatracing.connection import connect
from datatracing.demo.stage import without_hosts
from datatracing.model import clock
from datatracing.model.run import RunRef
from datatracing.settings import Settings
from datatracing.store.sql.schema import upgrade
from datatracing_dagster.poller import Poller
from datatracing_dagster.settings import WatchSettings
from tests.bench.report import machine
from tests.postgres_server import Room, Server

FOLDER = Path(".bench").resolve() / "dagster"
ROUNDS = 5
EVERY = 10.0
"""Seconds between two calls of OpenLineage's sensor while the run goes on; by itself it would ask for 30."""
PATIENCE = 50
"""Calls afterwards, at most."""
LATENCY = "With `datatracing dagster watch` beside it the run was sealed {:.1f} s after its end, settling included."
EVENTS = "SELECT event FROM event_logs WHERE run_id = %s ORDER BY id"


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench dagster")
    parser.add_argument("--steps", type=int, default=1_000, help="steps of the run")
    steps = parser.parse_args(words).steps
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with server() as postgres:
        lines = measured(postgres, steps)
    print("\n".join(lines))
    (FOLDER / "burst.md").write_text("\n".join(lines) + "\n")


def measured(postgres: Server, steps: int) -> list[str]:
    configure(postgres)
    with dagster.DagsterInstance.get() as instance:
        with watching(postgres) as live:
            theirs = run_beside_openlineage(instance, steps)
            [record] = instance.get_run_records(limit=1)
            run_id = record.dagster_run.run_id
            latency = sealed_after(live, run_id)
        times: dict[str, list[float]] = {"raw": [], "all_logs": [], "ours": []}
        for number in range(ROUNDS):
            times["raw"].append(timed(lambda: raw_rows(postgres, run_id)))
            times["all_logs"].append(timed(lambda: instance.all_logs(run_id)))
            seconds, ours = collected(postgres, instance, run_id, number)
            times["ours"].append(seconds)
        rows = len(raw_rows(postgres, run_id))
    return [*report(steps, rows, times, ours, theirs), "", LATENCY.format(latency)]


@contextmanager
def server():
    room = Room()
    try:
        postgres = Server(room.path)
        postgres.start(prepare=lambda started: execute(started, "CREATE DATABASE dagster"))
        yield postgres
    finally:
        room.leave()


def configure(postgres: Server) -> None:
    """A Dagster that keeps its event log in Postgres, and an OpenLineage client that writes to a file."""
    url = f"postgresql+psycopg2://postgres@/dagster?host={postgres.data}"
    storage = f"storage: {{postgres: {{postgres_url: '{url}'}}}}\n"
    (FOLDER / "dagster.yaml").write_text(f"telemetry: {{enabled: false}}\n{storage}")
    os.environ["DAGSTER_HOME"] = str(FOLDER)
    transport = {"type": "file", "log_file_path": str(FOLDER / "openlineage.jsonl"), "append": True}
    (FOLDER / "openlineage.yml").write_text(json.dumps({"transport": transport}))
    os.environ["OPENLINEAGE_CONFIG"] = str(FOLDER / "openlineage.yml")


def run_beside_openlineage(instance: dagster.DagsterInstance, steps: int) -> int:
    """Plays the run; the steps that OpenLineage has told of to their end."""
    from dagster_openlineage.sensor import openlineage_sensor

    sensor, cursor = openlineage_sensor(), None
    call = [sys.executable, "-m", "dagster", "job", "execute", "-m", "tests.bench.jobs.many", "-j", "many"]
    environment = {**without_hosts(os.environ), "DAGSTER_HOME": str(FOLDER), "BENCH_STEPS": str(steps)}
    print(f"dagster: a run of {steps} steps ...", file=sys.stderr, flush=True)
    with (FOLDER / "run.log").open("wb") as log, subprocess.Popen(call, env=environment, stdout=log, stderr=log) as run:
        while run.poll() is None:
            cursor = ticked(instance, sensor, cursor)
            time.sleep(EVERY)
    assert run.returncode == 0, (FOLDER / "run.log").read_text()[-2_000:]
    for _ in range(PATIENCE):
        before, cursor = cursor, ticked(instance, sensor, cursor)
        if before == cursor:
            break
    return told()


@contextmanager
def watching(postgres: Server):
    """The watcher as a program, as people run it who have no daemon."""
    execute(postgres, "CREATE DATABASE traces_live")
    url = postgres.url("traces_live")
    upgrade(url)
    environment = {**without_hosts(os.environ), "DAGSTER_HOME": str(FOLDER), "DATATRACING_STORE": url}
    environment["DATATRACING_SPOOL_DIR"] = str(FOLDER / "spool")
    call = [str(Path(sys.executable).with_name("datatracing")), "dagster", "watch"]
    with (FOLDER / "watch.log").open("wb") as log, subprocess.Popen(call, env=environment, stderr=log) as program:
        try:
            yield url
        finally:
            program.terminate()


def sealed_after(url: str, run_id: str) -> float:
    """Seconds from the run's end to its seal, by the same machine's clock."""
    trace_id = RunRef("dagster", "default", "", run_id).trace_id
    connection, deadline = connect(url), time.monotonic() + 120
    try:
        while (found := connection.summaries([trace_id]).get(trace_id)) is None or found.verdict is None:
            assert time.monotonic() < deadline, (FOLDER / "watch.log").read_text()[-2_000:]
            time.sleep(0.2)
    finally:
        connection.close()
    return (found.sealed_at - found.times.ended_at) / clock.SECOND


def ticked(instance: dagster.DagsterInstance, sensor: dagster.SensorDefinition, cursor: str | None) -> str | None:
    repository = dagster.Definitions(sensors=[sensor]).get_repository_def()
    context = dagster.build_sensor_context(instance=instance, cursor=cursor, repository_def=repository)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it reads events in a way that Dagster has deprecated
        sensor.evaluate_tick(context)
    return context.cursor


def told() -> int:
    """Of steps, and not of the run: its name has no dot."""
    file = FOLDER / "openlineage.jsonl"
    events = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return len(
        {event["job"]["name"] for event in events if event["eventType"] == "COMPLETE" and "." in event["job"]["name"]}
    )


def collected(postgres: Server, instance: dagster.DagsterInstance, run_id: str, number: int) -> tuple[float, int]:
    """Into an empty store: the seconds of one tick, and the steps whose end the trace knows."""
    database = f"traces_{number}"
    execute(postgres, f"CREATE DATABASE {database}")
    upgrade(postgres.url(database))
    settings = Settings(store=postgres.url(database), settle_seconds=0.0)
    connection = connect(settings=settings)
    poller = Poller(instance, connection, WatchSettings(settings, budget=600.0))
    try:
        seconds = timed(lambda: poller.tick(None))
        trace = connection.trace(RunRef("dagster", "default", "", run_id).trace_id)
    finally:
        connection.close()
    return seconds, sum(span["level"] == "task" and span["state"] == "success" for span in trace["spans"])


def raw_rows(postgres: Server, run_id: str) -> list[tuple[str]]:
    with psycopg.connect(host=str(postgres.data), user="postgres", dbname="dagster") as connection:
        return connection.execute(EVENTS, [run_id]).fetchall()


def execute(postgres: Server, statement: str) -> None:
    with postgres.connect() as admin:
        admin.execute(statement)


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def report(steps: int, rows: int, times: dict[str, list[float]], ours: int, theirs: int) -> list[str]:
    floor = median(times["raw"])
    names = {
        "raw": "the run's event rows by raw SQL, nothing decoded",
        "all_logs": "the same rows by Dagster's `all_logs`",
        "ours": "DataTracing: found, read, folded and sealed",
    }
    where = f"Dagster {dagster.__version__} and the store on Postgres; median of {ROUNDS}, {machine()}."
    sensor = f"dagster-openlineage {version('dagster-openlineage')}, a call each {EVERY:.0f} s"
    return [
        f"One run of {steps:,} steps, {rows:,} event rows; {where}",
        "",
        "| what | seconds | against raw rows |",
        "|---|---|---|",
        *(f"| {name} | {median(times[key]):.2f} | {median(times[key]) / floor:.0f}x |" for key, name in names.items()),
        "",
        "| watcher | steps known to their end | lost |",
        "|---|---|---|",
        *(
            f"| {who} | {n:,} of {steps:,} | {1 - n / steps:.0%} |"
            for who, n in (("DataTracing", ours), (sensor, theirs))
        ),
    ]
