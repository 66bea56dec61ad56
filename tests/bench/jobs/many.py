"""One run of many steps, in one process: the burst that a watcher has to take in at once."""

import os

from dagster import DynamicOut, DynamicOutput, in_process_executor, job, op

STEPS = int(os.environ.get("BENCH_STEPS", "1000"))


@op(out=DynamicOut())
def items():
    for number in range(STEPS - 1):
        yield DynamicOutput(number, mapping_key=str(number))


@op
def work(x):
    return x


@job(executor_def=in_process_executor)
def many():
    items().map(work)
