"""Flows that wait until a test lets them go on, each in a process of its own: run by the tests, not imported.

Usage: RIG_GATE=FILE python -m tests.prefect_rig.slow FLOW
They go on as soon as the file is there. The last task says which threads there are by then.
"""

import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from prefect import task

from tests.prefect_rig.flows import flow, named

GATE = Path(os.environ.get("RIG_GATE", "/nowhere"))
PATIENCE = 240


@task
def last_to_leave():
    print("threads", *(thread.name.replace(" ", "_") for thread in threading.enumerate()), flush=True)
    deadline = time.monotonic() + PATIENCE
    while not GATE.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    return "done"


@flow
def outlasted():
    """Over at once, but for its task."""
    named("first")("orders")
    last_to_leave.submit()


@flow
def waits():
    named("before")("orders")
    last_to_leave()
    named("after")("orders")


if __name__ == "__main__":
    with suppress(Exception, KeyboardInterrupt):
        {"outlasted": outlasted, "waits": waits}[sys.argv[1]]()
