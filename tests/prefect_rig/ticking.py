"""A flow that never ends by itself, and says what it has recorded: run by the tests, not imported."""

import itertools
import time

from prefect import flow, task

from datatracing_prefect import record, traced


def announce(_flow, flow_run, _state):
    print(flow_run.id, flush=True)


@task
def before(x):
    record("first")
    return x


@task
def tick():
    for number in itertools.count():
        record(f"record-{number}")
        print(f"record-{number}", flush=True)
        time.sleep(0.01)


@traced
@flow(on_running=[announce])
def ticking():
    before(["x"])
    tick()


if __name__ == "__main__":
    ticking()
