"""A job for every shape that Dagster has. Imported by Dagster's own processes; nothing of ours is in here."""

import os
import signal
import subprocess
import time

from dagster import (
    DynamicOut,
    DynamicOutput,
    In,
    Nothing,
    Out,
    Output,
    RetryPolicy,
    failure_hook,
    graph,
    job,
    multi_or_in_process_executor,
    op,
    resource,
    success_hook,
)

PRELOADED = (
    "tests.dagster_rig.jobs",
    "dagster._daemon.controller",
    "dagster._core.storage.sqlite_storage",
    "dagster._core.storage.local_compute_log_manager",
    "dagster._core.secrets.env_file",
    "dagster._utils.test",
)
FORKING = {"start_method": {"forkserver": {"preload_modules": [*PRELOADED]}}, "max_concurrent": 2}
"""A step's process is a fork of one that has loaded Dagster: a tenth of the time, the same events."""
executor = multi_or_in_process_executor
"""Which of the two, the run's configuration says: see play."""
PASSWORD = "hunter2"  # what must never be seen in a trace


@op
def start():
    return 1


@op
def work(x):
    return x


@op(ins={"ready": In(Nothing)})
def follow():
    return 1


@op
def fail(x):
    raise ValueError(f"postgresql://shop:{PASSWORD}@warehouse:5432/orders refused the connection")


@op
def fail_at_once():
    raise RuntimeError("nothing works today")


@op(retry_policy=RetryPolicy(max_retries=1))
def flaky(context):
    if context.retry_number == 0:
        raise ValueError("no luck yet")
    return 1


@op(retry_policy=RetryPolicy(max_retries=1))
def broken():
    raise ValueError("never any luck")


@op(out=DynamicOut())
def items():
    for number in range(3):
        yield DynamicOutput(number, mapping_key=str(number))


@op(out=DynamicOut())
def no_items():
    return
    yield


@op(name="items", out=DynamicOut())
def items_that_fail():
    raise ValueError("no batches today")
    yield


@op
def process(x):
    return x


@op
def process_but_one(x):
    if x == 1:
        raise ValueError("a bad batch")
    return x


@op(retry_policy=RetryPolicy(max_retries=1))
def process_with_luck(context, x):
    if x == 1 and context.retry_number == 0:
        raise ValueError("a bad batch, this time")
    return x


@op
def collect(xs):
    return len(xs)


@op(out={"left": Out(is_required=False), "right": Out(is_required=False)})
def choose():
    yield Output(1, "left")


@op(out=Out(is_required=False))
def gate():
    return
    yield


@op
def join(xs):
    return xs


@op(out=DynamicOut(), retry_policy=RetryPolicy(max_retries=1))
def other_items_each_time(context):
    yield DynamicOutput(0, mapping_key=f"try_{context.retry_number}")
    if context.retry_number == 0:
        raise ValueError("no luck yet")
    yield DynamicOutput(1, mapping_key="more")


@op(out=DynamicOut())
def items_of(xs):
    yield DynamicOutput(xs, mapping_key="all")


@op
def process_when_asked_again(context, x):
    if x == 1 and context.run.parent_run_id is None:
        raise ValueError("a bad batch, this time")
    return x


@op
def kill_itself():
    os.kill(os.getpid(), signal.SIGKILL)


@op
def kill_the_run():
    """Also the step's own process where it has one: it would write that it is done."""
    for process in (int(os.environ["RIG_RUN_PROCESS"]), os.getpid()):
        os.kill(process, signal.SIGKILL)


@op
def interrupt_the_run():
    os.kill(int(os.environ["RIG_RUN_PROCESS"]), signal.SIGINT)
    time.sleep(60)


@op
def terminate_the_run(context):
    """What every run launcher does when somebody presses Terminate: say so first, then interrupt."""
    context.instance.report_run_canceling(context.run)
    os.kill(int(os.environ["RIG_RUN_PROCESS"]), signal.SIGINT)
    time.sleep(60)


@op(retry_policy=RetryPolicy(max_retries=1, delay=2))
def terminate_before_the_next_try(context):
    context.instance.report_run_canceling(context.run)
    subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -INT {os.environ['RIG_RUN_PROCESS']}"])
    raise ValueError("no luck yet")


@resource
def unmade(_context):
    raise RuntimeError("the warehouse is closed")


@op(required_resource_keys={"warehouse"})
def use_warehouse():
    return 1


@job(executor_def=executor)
def success_chain():
    work.alias("load")(work.alias("transform")(start.alias("extract")()))


@job(executor_def=executor)
def retry_then_success():
    work.alias("load")(flaky())


@job(executor_def=executor)
def retries_exhausted():
    work.alias("load")(broken())


@job(executor_def=executor)
def failed_chain():
    work.alias("load")(work.alias("transform")(fail.alias("extract")(start())))


@job(executor_def=executor)
def branch_skip():
    left, right = choose()
    join([work.alias("left")(left), work.alias("right")(right)])


@job(executor_def=executor)
def short_circuit():
    work.alias("second")(work.alias("first")(gate()))


@job(executor_def=executor)
def mapped_one_fails():
    collect(items().map(process_but_one.alias("process")).collect())


@job(executor_def=executor)
def mapped_retry():
    collect(items().map(process_with_luck.alias("process")).collect())


@job(executor_def=executor)
def zero_length_map():
    collect(no_items.alias("items")().map(process).collect())


@job(executor_def=executor)
def map_behind_a_failure():
    collect(items_that_fail().map(process).collect())


@job(executor_def=executor)
def map_behind_a_skip():
    collect(items_of(gate()).map(process).collect())


@job(executor_def=executor)
def map_after_retry():
    collect(other_items_each_time.alias("items")().map(process).collect())


@job(executor_def=executor)
def unlucky_map():
    second = items().map(lambda x: work.alias("second")(process_when_asked_again.alias("process")(x)))
    collect(second.collect())


@job(executor_def=executor)
def map_over_result():
    collect(items().map(process).collect())


@graph
def pair(x):
    return work.alias("second")(work.alias("first")(x))


@job(executor_def=executor)
def mapped_group():
    collect(items().map(pair).collect())


@graph
def inner(x):
    return work.alias("check")(work.alias("work")(x))


@graph
def outer(x):
    return work.alias("work")(inner(x))


@job(executor_def=executor)
def nested_groups():
    work.alias("end")(outer(start.alias("begin")()))


@job(executor_def=executor)
def order_only():
    follow(start())


@job(executor_def=executor, resource_defs={"warehouse": unmade})
def resource_fails():
    work(use_warehouse())


@success_hook
def note_success(_context):
    pass


@failure_hook
def note_failure(_context):
    raise RuntimeError("a hook may fail, too")


@job(executor_def=executor, hooks={note_success, note_failure})
def hooks():
    fail(start())


@job(executor_def=executor)
def killed_step():
    work.alias("load")(kill_itself())


@job(executor_def=executor)
def interrupted():
    work.alias("load")(interrupt_the_run())


@job(executor_def=executor)
def terminated():
    work.alias("load")(terminate_the_run())


@job(executor_def=executor)
def terminated_between_tries():
    work.alias("load")(terminate_before_the_next_try())


@job(executor_def=executor)
def killed_run():
    work.alias("load")(kill_the_run())


LONG = "n" * 200


@job(name=LONG, executor_def=executor)
def ids_at_the_edge():
    work.alias("w" * 200)(start.alias("_0")())
