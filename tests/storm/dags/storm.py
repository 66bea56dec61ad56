"""Short mapped tasks: each notes what its own process looks like, and then does one of the things that processes do."""

import json
import multiprocessing
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from airflow.sdk import dag, get_current_context, task

MOMENT = 0.05
"""Seconds."""


def nothing() -> None:
    time.sleep(MOMENT)


def forks() -> None:
    _wait_for(_child())


def forks_beside_a_thread() -> None:
    thread = threading.Thread(target=nothing)
    thread.start()
    _wait_for(_child())
    thread.join()


def forks_a_worker() -> None:
    child = multiprocessing.get_context("fork").Process(target=nothing)
    child.start()
    child.join()


def runs_a_program() -> None:
    subprocess.run(["true"], check=True)


def threads() -> None:
    started = [threading.Thread(target=nothing) for _ in range(5)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def fails_once() -> None:
    if _attempt() == 1:
        raise ValueError("this row is bad")


def fails() -> None:
    raise ValueError("this row is bad")


def is_killed_once() -> None:
    if _attempt() == 1:
        is_killed()


def is_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


ACTS = (
    forks, nothing, fails_once, threads, is_killed_once, forks_a_worker, runs_a_program, forks_beside_a_thread, forks,
    fails, forks, nothing, fails_once, threads, is_killed_once, forks_a_worker, nothing, forks_beside_a_thread, forks,
    is_killed,
)  # fmt: skip
"""What the tasks do, in turn."""


def _child() -> int:
    if child := os.fork():
        return child
    os._exit(0)


def _wait_for(child: int) -> None:
    _, status = os.waitpid(child, 0)
    if status:
        raise OSError(f"the child ended with {status}")


def _attempt() -> int:
    return get_current_context()["ti"].try_number


def note() -> None:
    """One line of JSON for the test: what this process holds open, and how many threads it has."""
    held = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            held.append(str(each.readlink()))
    seen = {"run": get_current_context()["run_id"], "threads": len(list(os.scandir("/proc/self/task"))), "held": held}
    file = os.open(os.environ["STORM_NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, json.dumps(seen).encode() + b"\n")
    os.close(file)


@dag(schedule=None, max_active_tasks=32)
def storm():
    @task(retries=1, retry_delay=timedelta(0))
    def row(number: int) -> None:
        note()
        ACTS[number % len(ACTS)]()

    row.expand(number=list(range(int(os.environ["STORM_TASKS"]))))


storm()
