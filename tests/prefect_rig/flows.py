"""What flows under test are made with. Nothing of ours is in them, unless RIG_TRACED asks for `@traced`."""

import asyncio
import os

from prefect import flow as plain_flow
from prefect import task
from prefect.task_runners import ThreadPoolTaskRunner

PASSWORD = "hunter2"  # what must never be seen in a trace
ONE_BY_ONE = ThreadPoolTaskRunner(max_workers=1)
"""Nothing but the order in which they begin tells mapped task runs apart."""
FLOWS = {}
"""By the names of their functions, which are those of the shapes."""

RUNS = {}
"""The run of this process, by the same names."""


def announce(flow, flow_run, state):
    """Tells the test which run it is: a hook is where a flow that crashes can say it, too."""
    RUNS[flow.fn.__name__] = flow_run.id
    print(flow.fn.__name__, flow_run.id, flush=True)


def flow(shape=None, /, **options):
    """`@flow`, and `@traced` above it where that is under test."""

    def decorate(fn):
        made = plain_flow(fn, **{"name": fn.__name__, "on_running": [announce], **options})
        if os.environ.get("RIG_TRACED"):
            from datatracing_prefect import traced

            made = traced(made)
        FLOWS[fn.__name__] = made
        return made

    return decorate(shape) if shape else decorate


@task
def work(x):
    return x


@task
def fail(x):
    raise ValueError(f"postgresql://shop:{PASSWORD}@warehouse:5432/orders refused the connection")


@task
def process(x):
    return x


@task
def collect(xs):
    return [xs]


def named(name, original=work):
    """The same function as a task of another name."""
    return original.with_options(name=name)


@task
async def awaited(x):
    await asyncio.sleep(0)
    return x
