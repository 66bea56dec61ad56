"""What became of every event, when everything works again."""

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from datatracing import Connection, connect
from datatracing.capture.inventory import spool_status
from datatracing.capture.inventory import ASIDE
from datatracing.errors import DataTracingError
from tests.chaos.host import Host
from tests.chaos.producer import PIPELINE
from tests.chaos.world import World

Emitted = dict[str, set[str]]
"""Names of events by run."""


def heal(world: World, patience: float) -> None:
    """Everything works; producers come to their end, and agents have time until nothing waits any more."""
    world.collector.until_ready()
    for host in world.hosts:
        for producer in host.producers.values():
            producer.wait(patience)
    deadline = time.monotonic() + patience
    while sum(waits(host) for host in world.hosts) and time.monotonic() < deadline:
        time.sleep(0.5)


def waits(host: Host) -> int:
    """Events that are still in the spool of a host. It has been told to ship them, then."""
    waiting = sum(file.events for file in spool_status(host.spool) if file.owner != ASIDE)
    if waiting:
        command = [str(Path(sys.executable).with_name("datatracing")), "spool", "ship"]
        subprocess.run(command, env=host.environment, capture_output=True, check=False, timeout=120)
    return waiting


def emitted(world: World) -> Emitted:
    """By the journals: what `emit` had taken before its process could die."""
    found: Emitted = defaultdict(set)
    for journal in (path for host in world.hosts for path in host.journals.iterdir()):
        for line in journal.read_text().splitlines():
            run, task = line.split()
            found[run].add(task)
    return found


def losses(world: World) -> int:
    """Events that are named as lost or rejected, over all runs."""
    connection = connect(world.store)
    try:
        found = [connection.find(f"airflow:{PIPELINE}/{run}") for run in emitted(world)]
        books = [_books(connection, trace_id) for trace_id in found]
        return sum(each["lost"] + each["rejected"] for each in books)
    finally:
        connection.close()


def wrong(world: World) -> list[str]:
    """One sentence per run and fault, none when all is well."""
    connection = connect(world.store)
    try:
        return [f"{run}: {each}" for run, tasks in emitted(world).items() for each in _run(connection, run, tasks)]
    finally:
        connection.close()


def _run(connection: Connection, run: str, tasks: set[str]) -> Iterator[str]:
    try:
        trace_id = connection.find(f"airflow:{PIPELINE}/{run}")
        spans, books = connection.trace(trace_id)["spans"], _books(connection, trace_id)
    except DataTracingError as error:
        yield str(error)
        return
    there = [span["task"] for span in spans if span["kind"] == "task"]
    named = books["lost"] + books["rejected"]
    missing = tasks - set(there)
    if len(missing) > named:
        yield f"{len(missing)} events are missing and {named} are named as lost: {sorted(missing)[:5]}; {books}"
    if len(there) != len(set(there)) or books["stored"] > len(set(there)):
        yield f"{books['stored']} events are stored, which were {len(set(there))}"
    if books["emitted"] != sum(books[part] for part in ("stored", "duplicate", "sampled_out", "rejected", "lost")):
        yield f"the books do not balance: {books}"


def _books(connection: Connection, trace_id: str) -> dict[str, int]:
    return next(stage["facts"] for stage in connection.why(trace_id)["stages"] if stage["stage"] == "books")
