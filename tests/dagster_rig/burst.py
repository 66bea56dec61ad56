"""A run of many steps. Imported by Dagster's own processes."""

from dagster import DynamicOut, DynamicOutput, job, mem_io_manager, op

from tests.dagster_rig.jobs import executor

STEPS = 300
"""With more events than are read at once."""


@op(out=DynamicOut())
def many():
    for number in range(STEPS - 2):
        yield DynamicOutput(number, mapping_key=str(number))


@op
def one(x):
    return x


@op
def count(xs):
    return len(xs)


@job(executor_def=executor, resource_defs={"io_manager": mem_io_manager})
def burst():
    count(many().map(one).collect())
