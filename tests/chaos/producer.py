"""A process that emits numbered events about some runs, and writes down before and after each what it does.

Usage: python -m tests.chaos.producer JOURNAL NAME EVENTS PAUSE RUN...
"""

import os
import sys
import time

from datatracing.capture import CaptureSettings, Recorder
from datatracing.model.event import EventKind, Statement
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State

PIPELINE = "chaos"
STATES = {EventKind.STARTED: State.RUNNING, EventKind.ENDED: State.SUCCESS}
KINDS = tuple(STATES)
BEFORE, AFTER = "begins", "emitted"


def main(journal: str, name: str, events: int, pause: float, runs: list[str]) -> None:
    recorder = Recorder(CaptureSettings.from_env())
    file = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for number in range(events):
        run, task = runs[number % len(runs)], f"{name}.{number}"
        os.write(file, f"{BEFORE} {run} {task}\n".encode())
        emit(recorder, run, task, KINDS[number % len(KINDS)])
        os.write(file, f"{AFTER} {run} {task}\n".encode())
        time.sleep(pause)
    recorder.close()


def emit(recorder: Recorder, run: str, task: str, kind: EventKind) -> None:
    """A span of its own for each event, so that each can be looked for by its name."""
    recorder.say(
        Statement(
            kind,
            RunRef("airflow", "default", PIPELINE, run),
            span=SpanKey(task, attempt=1),
            state=STATES[kind],
            raw_state=STATES[kind].value,
            attributes={"payload": task * 5},
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5:])
