"""What became of every event, when everything works again."""

import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from datatracing import Connection, connect
from datatracing.capture.reading import spool_files
from datatracing.capture.reserve import Reserve
from datatracing.errors import DataTracingError
from tests.chaos.host import Host
from tests.chaos.producer import AFTER, BEFORE, PIPELINE
from tests.chaos.world import World


@dataclass(frozen=True)
class Told:
    """An event, by the journal of its process. `certain`: it was emitted; else its process died while it emitted it."""

    run: str
    task: str
    certain: bool


def heal(world: World, patience: float) -> list[str]:
    """Everything works; producers come to their end, and agents have time until nothing waits any more. What does not
    end is told."""
    world.collector.until_ready()
    deadline = time.monotonic() + patience
    for host in world.hosts:
        for name, producer in host.producers.items():
            try:
                producer.wait(max(1.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                return [f"producer {name} does not end"]
    while late := [host for host in world.hosts if waits(host)]:
        if time.monotonic() > deadline:
            return [f"on host {host.folder.name} something waits for ever: {waits(host)}" for host in late]
        for host in late:
            _ship(host)
    return []


def waits(host: Host) -> list[str]:
    """What an agent has yet to bring to the store, or to put aside."""
    files = [path.name for path in spool_files(host.spool)]
    return [*files, *(f"{sum(each.lost)} losses" for each in Reserve(host.spool).counts())]


def _ship(host: Host) -> None:
    """As a person would: by the agent that is there, or without one."""
    command = [str(Path(sys.executable).with_name("datatracing")), "spool", "ship"]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(command, env=host.environment, capture_output=True, check=False, timeout=60)


def events(world: World) -> list[Told]:
    """All that were begun."""
    lines = {line for host in world.hosts for path in host.journals.iterdir() for line in path.read_text().splitlines()}
    begun = [line.split()[1:] for line in lines if line.startswith(BEFORE)]
    return [Told(run, task, f"{AFTER} {run} {task}" in lines) for run, task in begun]


def by_run(world: World) -> dict[str, list[Told]]:
    """Of each run that something certain is known of."""
    found = defaultdict(list)
    for event in events(world):
        found[event.run].append(event)
    return {run: told for run, told in found.items() if any(event.certain for event in told)}


def losses(world: World) -> int:
    """Events that are named as lost or rejected, over all runs."""
    connection = connect(world.store)
    try:
        found = [connection.find(f"airflow:{PIPELINE}/{run}") for run in by_run(world)]
        books = [_books(connection, trace_id) for trace_id in found]
        return sum(each["lost"] + each["rejected"] for each in books)
    finally:
        connection.close()


def wrong(world: World) -> list[str]:
    """One sentence per run and fault, none when all is well."""
    connection = connect(world.store)
    try:
        return [f"{run}: {each}" for run, told in by_run(world).items() for each in _run(connection, run, told)]
    finally:
        connection.close()


def _run(connection: Connection, run: str, told: list[Told]) -> Iterator[str]:
    try:
        trace_id = connection.find(f"airflow:{PIPELINE}/{run}")
        spans, books = connection.trace(trace_id)["spans"], _books(connection, trace_id)
    except DataTracingError as error:
        yield str(error)
        return
    there = Counter(span["task"] for span in spans if span["level"] == "task")
    named = books["lost"] + books["rejected"]
    absent = [event for event in told if event.task not in there]
    missing = sorted(event.task for event in absent if event.certain)
    if not len(missing) <= named <= len(absent):
        yield f"{len(missing)} to {len(absent)} events are missing and {named} are named: {missing[:5]}; {books}"
    if there.total() != len(there) or books["stored"] > len(there):
        yield f"{books['stored']} events are stored, which were {len(there)}"
    if books["emitted"] != sum(books[part] for part in ("stored", "duplicate", "sampled_out", "rejected", "lost")):
        yield f"the books do not balance: {books}"


def _books(connection: Connection, trace_id: str) -> dict[str, int]:
    return next(stage["facts"] for stage in connection.why(trace_id)["stages"] if stage["stage"] == "books")
