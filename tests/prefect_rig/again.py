"""Runs that take more than one start."""

from prefect import pause_flow_run, suspend_flow_run, task
from prefect.runtime import flow_run, task_run

from tests.prefect_rig.flows import flow, named, work


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
