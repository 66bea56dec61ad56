"""Flows whose tasks run elsewhere: in a pool of processes, in Dask, in a task worker, or in a process that serves."""

from prefect import task
from prefect.deployments import run_deployment
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner
from prefect_dask import DaskTaskRunner

from tests.prefect_rig.flows import flow

CLUSTER = {"n_workers": 1, "threads_per_worker": 2, "dashboard_address": None}


@task
def double(x):
    return x + x


@task
def total(xs):
    return "".join(xs)


@task(retries=1, retry_delay_seconds=0)
def flaky_there(x):
    from prefect.runtime import task_run

    if task_run.run_count == 1:
        raise ValueError("no luck yet")
    return x


def mapped():
    return total.submit(double.map(["a", "b"])).result() + flaky_there.submit("c").result()


@flow(task_runner=ThreadPoolTaskRunner(max_workers=2))
def thread_pool():
    return mapped()


@flow(task_runner=ProcessPoolTaskRunner(max_workers=2))
def process_pool():
    return mapped()


@flow(task_runner=DaskTaskRunner(cluster_kwargs=CLUSTER))
def dask():
    return mapped()


@flow
def delays():
    later = double.delay("a")
    later.wait(timeout=120)


@flow
def served(x="a"):
    return double(x)


@flow
def calls_served():
    run_deployment("served/here", timeout=120, poll_interval=1)


@flow
def sends_for_served():
    run_deployment("served/here", timeout=120, poll_interval=1, as_subflow=False)
