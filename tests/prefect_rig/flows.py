"""A flow for every shape that Prefect has. Nothing of ours is in here, unless RIG_TRACED asks for `@traced`."""

import asyncio
import os
import sys
import time

from prefect import allow_failure, pause_flow_run, suspend_flow_run, tags, task
from prefect import flow as plain_flow
from prefect.assets import materialize
from prefect.cache_policies import INPUTS
from prefect.runtime import flow_run, task_run
from prefect.states import Cancelled
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.transactions import transaction

from tests.conformance.edges import LONG_NAME, UNICODE_NAME

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
def items():
    return ["good", "bad", "fine"]


@task(name="items")
def no_items():
    return []


@task(retries=1, retry_delay_seconds=0)
def flaky():
    if task_run.run_count == 1:
        raise ValueError("no luck yet")
    return [1]


@task(retries=1, retry_delay_seconds=0)
def broken():
    raise ValueError("never any luck")


@task
def fail(x):
    raise ValueError(f"postgresql://shop:{PASSWORD}@warehouse:5432/orders refused the connection")


@task
def process(x):
    return x


@task(name="process")
def process_but_one(x):
    if x == "bad":
        raise ValueError("a bad batch")
    return x


@task(name="process", retries=1, retry_delay_seconds=0)
def process_with_luck(x):
    if x == "bad" and task_run.run_count == 1:
        raise ValueError("a bad batch, this time")
    return x


@task
def collect(xs):
    return [xs]


def named(name, original=work):
    """The same function as a task of another name."""
    return original.with_options(name=name)


# What every orchestrator has.


@flow
def success_chain():
    named("load").submit(named("transform").submit(named("extract").submit("orders"))).result()


@flow
def retry_then_success():
    named("load").submit(flaky.submit()).wait()


@flow
def retries_exhausted():
    return named("load").submit(broken.submit())


@flow
def upstream_failed():
    load = named("load").submit(named("transform").submit(named("extract", fail).submit("orders")))
    named("report").submit(allow_failure(load)).wait()


@flow(task_runner=ONE_BY_ONE)
def mapped_one_fails():
    return collect.submit(process_but_one.map(["good", "bad", "fine"]))


@flow(task_runner=ONE_BY_ONE)
def mapped_retry():
    collect.submit(process_with_luck.map(["good", "bad"])).result()


@flow
def map_over_result():
    collect.submit(process.map(items.submit())).result()


@flow
def mapped_group():
    collect.submit(named("pair.second").map(named("pair.first").map(["a", "b"]))).result()


@flow
def setup_teardown():
    place = named("create")("a place")
    try:
        named("work", fail)(place)
    finally:
        named("destroy")(place)


# What is Prefect's own.


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


@flow
def swallowed_failure():
    fail("orders", return_state=True)
    return "fine"


@flow
def failed_flow():
    fail(work(["orders"]))


@task(retries=1, retry_delay_seconds=1)
def patient():
    if task_run.run_count == 1:
        raise ValueError("no luck yet")


@flow
def patient_retry():
    patient()


@flow(retries=1)
def flow_retry():
    work("orders")
    if flow_run.run_count == 1:
        raise ValueError("no luck with the whole")


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
def child(x):
    return work(x)


@flow
async def async_child(x):
    return await awaited(x)


@flow
def failing_child():
    fail("orders")


@flow
def subflow():
    named("after")(child(named("before")(["orders"])))


@flow
async def async_subflow():
    await async_child(["orders"])


@flow
def failing_subflow():
    failing_child()


@task
async def awaited(x):
    await asyncio.sleep(0)
    return x


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


@flow
def paused():
    named("before")("orders")
    pause_flow_run(timeout=240, poll_interval=1)
    named("after")("orders")


@flow
def suspended():
    named("before")("orders")
    suspend_flow_run(timeout=240, key="once")
    named("after")("orders")


@flow
def rerun():
    work("orders")


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


SHOP = f"s3://shop-{os.environ.get('RIG_TRACED', '')}"
"""Two plays at a time must not read what the other one wrote."""


@materialize(f"{SHOP}/raw.csv")
def write():
    return ["orders"]


@materialize(f"{SHOP}/clean.csv", asset_deps=[f"{SHOP}/raw.csv"])
def refine():
    return ["orders"]


@flow
def writes_asset():
    write()


@flow
def reads_asset():
    refine()


@flow
def tagged():
    with tags("nightly"):
        work("orders")


@flow(task_runner=ThreadPoolTaskRunner(max_workers=8))
def hundred():
    collect.submit(process.map([str(number) for number in range(100)])).result()
