"""Tasks that do nothing but call our hooks, and what they saw of themselves: run by the tests, not imported.

Usage: python -m tests.unit.airflow.light FOLDER TASKS
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

BEFORE = set(sys.modules)

from datatracing.capture import CaptureSettings  # noqa: E402  # what it imports is what is looked at
from datatracing.model.event import EventKind, Statement  # noqa: E402
from datatracing.model.run import RunRef, SpanKey  # noqa: E402
from datatracing.model.states import State  # noqa: E402
from datatracing_airflow.mapping import error_info  # noqa: E402
from datatracing_airflow.tracer import Tracer  # noqa: E402

AFTER = set(sys.modules)


def main(folder: Path, tasks: int) -> None:
    settings = CaptureSettings(f"sqlite:///{folder}/traces.db", spool_dir=folder / "spool")
    tracer = Tracer(settings)
    # So that no agent is started here: that is another test's, and once a minute on a host.
    settings.spool_dir.mkdir()
    (settings.spool_dir / "agent.started").write_text("now")
    print(json.dumps({"modules": sorted(AFTER - BEFORE), "tasks": [task(tracer, n) for n in range(tasks)]}))


def task(tracer: Tracer, number: int) -> dict:
    """What a fork tells through a pipe."""
    reader, writer = os.pipe()
    if not os.fork():
        os.write(writer, json.dumps(seen(tracer, number)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        found = json.load(told)
    os.wait()
    return found


def seen(tracer: Tracer, number: int) -> dict:
    modules, files = set(sys.modules), opened()
    cpu, wall = time.process_time(), time.perf_counter()
    for statement in statements(number):
        tracer.say(statement)
    held = opened() - files
    tracer.leave()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {
        "cpu": cpu,
        "wall": wall,
        "imported": len(set(sys.modules) - modules),
        "threads": [thread.name for thread in threading.enumerate()],
        "opened": sorted(held),
        "left": sorted(opened() - files),
    }


def statements(number: int):
    """A failed attempt's, with what an ordinary task says."""
    run, key = RunRef("airflow", "default", "shop", "run"), SpanKey("load", number, 1)
    attributes = {
        f"airflow.{name}": "something ordinary" for name in ("operator", "owner", "pool", "queue", "hostname")
    }
    yield Statement(EventKind.STARTED, run, key, State.RUNNING, "running", attributes=attributes)
    told = error_info(ValueError("cannot log in with password=opensesame123"))
    yield Statement(EventKind.ENDED, run, key, State.FAILED, "failed", attributes=attributes, error=told)


def opened() -> set[str]:
    return {str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
