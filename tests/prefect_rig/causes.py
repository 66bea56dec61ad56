"""Flows that cause runs of another flow, in every way that Prefect has: run by the tests, not imported.

Usage: python -m tests.prefect_rig.causes serve|tasks|play
`serve` and `tasks` wait for work until they are stopped; `play` needs both, and says names and run ids, each in a line.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from prefect import task
from prefect.assets import materialize
from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.deployments import run_deployment
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import EventTrigger
from prefect.task_worker import serve as serve_tasks

from tests.prefect_rig.flows import flow, work

CALLEE = "callee/there"
RAW, CLEAN = "s3://Lake/raw.csv", "s3://lake/clean.csv"
ELSEWHERE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@flow
def callee(x="a"):
    return work([x])


@flow
def calls_as_subflow():
    run_deployment(CALLEE, timeout=120, poll_interval=1)


@task
def calling():
    return run_deployment(CALLEE, timeout=120, poll_interval=1).name


@flow
def calls_inside_a_task():
    calling()


@flow
def calls_apart():
    run_deployment(CALLEE, timeout=120, poll_interval=1, as_subflow=False)


@materialize(RAW)
def extract():
    return ["orders"]


@materialize(CLEAN, asset_deps=[RAW])
def clean():
    return ["orders"]


@flow
def writes_raw():
    extract()


@flow
def reads_raw():
    clean()


@flow
def was_told(traceparent):
    return work([traceparent])


@flow
def was_told_of_a_run(traceparent):
    return work([traceparent])


@task
def later(x):
    return work([x])


def automate():
    """Whenever the raw asset is written, the callee runs."""
    deployment = get_client(sync_client=True).read_deployment_by_name(CALLEE).id
    written = EventTrigger(
        expect={"prefect.asset.materialization.succeeded"},
        match={"prefect.resource.id": RAW},
        posture="Reactive",
        threshold=1,
    )
    Automation(name="on [raw]", trigger=written, actions=[RunDeployment(deployment_id=deployment)]).create()


def play():
    automate()
    writes_raw()
    with ThreadPoolExecutor() as waiting:
        list(waiting.map(lambda caller: caller(), (calls_as_subflow, calls_inside_a_task, calls_apart, reads_raw)))
    was_told(ELSEWHERE)
    run: UUID = callee(return_state=True).state_details.flow_run_id
    was_told_of_a_run(f"00-{run.hex}-00f067aa0ba902b7-01")
    print("cause", run)
    future = later.delay("a")
    future.wait(timeout=120)
    print("later", future.task_run_id)


if __name__ == "__main__":
    trace.set_tracer_provider(TracerProvider())
    if sys.argv[1] == "play":
        play()
    elif sys.argv[1] == "serve":
        callee.serve(name="there", print_starting_message=False)
    else:
        serve_tasks(later)
