"""Runs one DAG again and again while something of ours is broken: run by the tests, not imported.

Usage: python -m tests.integration.airflow.direct.sabotage OUT DAGS FOLDER
"""

import json
import runpy
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
NOBODY = "postgresql+psycopg://nobody@127.0.0.1:1/none"


class BrokenRedactor:
    """Fails on every event."""

    def event(self, _event):
        raise RuntimeError("the redactor is broken")


def main(out: Path, file: Path, folder: Path) -> None:
    from datatracing_airflow.plugin import _listener

    dag = runpy.run_path(str(file))["PIPELINES"]["plain"]
    listener, found = _listener(), {}
    for day, (name, breaks) in enumerate(BREAKS.items()):
        with breaks(listener, folder):
            run = dag.test(logical_date=BEGIN + timedelta(days=day))
            found[name] = {
                "run_id": run.run_id,
                "state": run.state,
                "tasks": {ti.task_id: ti.state for ti in run.get_task_instances()},
                "counters": listener.tracer.recorder.counters,
            }
    out.write_text(json.dumps(found))


@contextmanager
def nothing(_listener, _folder):
    yield


@contextmanager
def recorder(listener, made):
    whole, listener.tracer.recorder = listener.tracer.recorder, made
    try:
        yield
    finally:
        listener.tracer.recorder = whole


@contextmanager
def redactor(listener, _folder):
    from datatracing.capture import Recorder

    with recorder(listener, Recorder(listener.tracer.settings, BrokenRedactor())):
        yield


@contextmanager
def spool(listener, folder):
    from datatracing.capture import Recorder

    file = folder / "a file where the spool should be"
    file.write_text("")
    with recorder(listener, Recorder(replace(listener.tracer.settings, spool_dir=file))):
        yield


@contextmanager
def store(listener, folder):
    from datatracing.capture import Recorder

    settings = replace(listener.tracer.settings, store=NOBODY, spool_dir=folder / "undelivered")
    with recorder(listener, Recorder(settings)):
        yield


@contextmanager
def everything(listener, _folder):
    def fail(*_arguments, **_keywords):
        raise RuntimeError("nothing of ours works")

    tracer = listener.tracer
    tracer.say = tracer.ended = tracer.attend = tracer.leave = fail
    try:
        yield
    finally:
        del tracer.say, tracer.ended, tracer.attend, tracer.leave


BREAKS = {breaks.__name__: breaks for breaks in (nothing, redactor, spool, store, everything)}

if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
