"""What every orchestrator has."""

from prefect import allow_failure, task
from prefect.runtime import task_run

from tests.prefect_rig.flows import ONE_BY_ONE, collect, fail, flow, named, process


@task
def items():
    return ["good", "bad", "fine"]


@task(retries=1, retry_delay_seconds=0)
def flaky():
    if task_run.run_count == 1:
        raise ValueError("no luck yet")
    return [1]


@task(retries=1, retry_delay_seconds=0)
def broken():
    raise ValueError("never any luck")


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
