"""Flows and tasks that say where they stand in their trace: run by the tests, not imported."""

from prefect import flow, task
from prefect.runtime import task_run
from prefect.task_runners import ProcessPoolTaskRunner

from datatracing_prefect import headers, record, traced


def say(name):
    print(name, headers().get("traceparent"), flush=True)


@task(retries=1, retry_delay_seconds=0)
def lucky():
    say(f"lucky#{task_run.run_count}")
    record(f"order-{task_run.run_count}")
    if task_run.run_count == 1:
        raise ValueError("no luck yet")


@task(task_run_name="number {number}")
def named(number):
    say("named#1")
    record("in a pool")


@traced
@flow
def inner():
    say("inner")


@traced
@flow
def outer():
    say("outer")
    record("of the flow")
    lucky()
    inner()


@traced
@flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
def pooled():
    say("pooled")
    named.submit(1).wait()


if __name__ == "__main__":
    say("outside")
    outer()
    pooled()
