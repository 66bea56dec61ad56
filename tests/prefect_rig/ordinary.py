"""What is Prefect's own and ends well."""

import asyncio
import os
import time

from prefect import tags, task
from prefect.cache_policies import INPUTS
from prefect.task_runners import ThreadPoolTaskRunner

from tests.conformance.edges import LONG_NAME, UNICODE_NAME
from tests.prefect_rig.flows import awaited, collect, flow, named, process, work


@task(name="items")
def no_items():
    return []


@flow
def no_tasks():
    return 1


@flow
def direct_calls():
    named("load")(named("transform")(named("extract")(["orders"])))


@flow
def same_task_thrice():
    for name in ("a", "b", "c"):
        work(name)


@flow
def zero_length_map():
    collect.submit(process.map(no_items.submit())).result()


@flow
def wait_for():
    first = named("first").submit("a")
    named("second").submit("b", wait_for=[first]).wait()


@task(cache_policy=INPUTS, persist_result=True)
def remembered(x):
    return [x]


@flow
def cached():
    work(remembered(os.getpid()))
    work(remembered(os.getpid()))


@task
def outer(x):
    return named("inner")(x)


@flow
def nested_task():
    outer(["orders"])


@flow
async def gathered():
    found = await asyncio.gather(*(awaited([str(number)]) for number in range(3)))
    collect.submit(awaited.submit(found)).wait()


@task
def stream():
    yield from ("a", "b")


@flow
def generator_task():
    for each in stream():
        work(each)


@flow
def generator_flow():
    yield work("a")
    yield work("b")


@task
def last_words():
    time.sleep(1)
    return "done"


@flow
def outlived():
    last_words.submit()


@flow
def lost_edges():
    """Prefect tracks what a task returns by the identity of the object, and these have none of their own."""
    for name, value in (("number", 7), ("truth", True), ("nothing", None)):
        named(f"{name}_taken")(named(f"{name}_given")(value))


@task(task_run_name="order {x}")
def renamed(x):
    return x


@flow(flow_run_name="run of {day}")
def custom_names(day="monday"):
    renamed(["a"])
    renamed(["b"])


@flow(name=LONG_NAME)
def ids_at_the_edge():
    named(LONG_NAME)("orders")
    named(UNICODE_NAME)("orders")
    named("1 - 2")("orders")


@flow
def tagged():
    with tags("nightly"):
        work("orders")


@flow(task_runner=ThreadPoolTaskRunner(max_workers=8))
def hundred():
    collect.submit(process.map([str(number) for number in range(100)])).result()
