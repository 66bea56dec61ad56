"""Flows that nobody has edited, for plugins: run by the tests, not imported. They say the ids of their runs."""

import asyncio

from prefect import flow, task
from prefect.context import FlowRunContext, TaskRunContext
from prefect.task_runners import ProcessPoolTaskRunner


def say(name, found):
    print(name, found, flush=True)


@task
def work(x):
    return x


@task
def outer(x):
    say("outside", TaskRunContext.get().task_run.id)
    return work(x)


@task(retries=1, retry_delay_seconds=0)
def unlucky():
    if TaskRunContext.get().task_run.run_count == 1:
        say("retried", TaskRunContext.get().task_run.id)
        raise ValueError("no luck yet")


@flow
def plain():
    say("plain", FlowRunContext.get().flow_run.id)
    return work(["orders"])


@flow
async def waiting():
    say("waiting", FlowRunContext.get().flow_run.id)


@flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
def pooled():
    say("pooled", FlowRunContext.get().flow_run.id)
    work.map(["a", "b"]).wait()


if __name__ == "__main__":
    plain.with_options(on_running=[print], retries=1)()
    asyncio.run(waiting())
    pooled()
    outer(["orders"])
    unlucky()
