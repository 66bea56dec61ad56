"""Runs that fail, time out, crash, or are called off."""

import asyncio
import sys
import time
from contextlib import suppress

from prefect import task
from prefect.states import Cancelled
from prefect.transactions import transaction

from tests.prefect_rig.flows import awaited, fail, flow, named, work


@task
def undo():
    return "done"


@undo.on_rollback
def note(transaction):
    pass


@flow
def rolled_back():
    with transaction():
        undo()
        fail("orders")


class MuteError(Exception):
    """Does not say what went wrong."""

    def __str__(self):
        raise RuntimeError("no")


@task
def fall_silent():
    raise MuteError


@task
async def fall_silent_later():
    raise MuteError


@flow
async def mute():
    """Prefect asks the error for its text, what comes of that goes on to the flow, and the task is left running."""
    with suppress(RuntimeError):
        named("silent_thread", fall_silent).submit().wait()
    with suppress(RuntimeError):
        await fall_silent_later()
    fall_silent()


@flow
def swallowed_failure():
    fail("orders", return_state=True)
    return "fine"


@flow
def failed_flow():
    fail(work(["orders"]))


@task(timeout_seconds=0.2)
async def slow():
    await asyncio.sleep(60)


@task(timeout_seconds=0.2)
def slow_and_blocking():
    for _ in range(600):
        time.sleep(0.1)


@flow
async def task_timeout():
    await slow()


@flow
def blocking_timeout():
    slow_and_blocking()


@flow(timeout_seconds=1)
async def flow_timeout():
    await awaited(["orders"])
    await named("patient", awaited_for_long)()


@task
async def awaited_for_long():
    await asyncio.sleep(60)


@flow
def cancelled_flow():
    work("orders")
    return Cancelled(message="not today")


@task
def give_up():
    return Cancelled(message="not this one")


@flow
def cancelled_task():
    give_up()


@task
def crash():
    raise KeyboardInterrupt


@task
def leave():
    sys.exit(3)


@flow
def crashed_task():
    work("orders")
    crash()


@flow
def left():
    leave()


@flow
def crashed_flow():
    work("orders")
    raise KeyboardInterrupt
