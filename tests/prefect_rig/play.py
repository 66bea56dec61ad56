"""Plays flows one after the other, in a process of its own: run by the tests, not imported.

Usage: python -m tests.prefect_rig.play FLOW...
Each run says its flow's name and its own id in a line.
"""

import asyncio
import inspect
import sys
import threading
import time
from contextlib import suppress

from prefect.client.orchestration import get_client
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.flow_runs import resume_flow_run
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import AwaitingRetry

from tests.prefect_rig import again, endings, linked, neutral, ordinary, runners  # noqa: F401  # their flows are played
from tests.prefect_rig.flows import FLOWS, RUNS

CLIENT = get_client(sync_client=True)


def main(names: list[str]) -> None:
    """Each once, whatever comes of it: a run that fails is a run like any other."""
    for name in names:
        with suppress(Exception, KeyboardInterrupt, SystemExit):
            ACTS.get(name, play)(FLOWS[name])


def play(flow):
    """Call it, as people do; a generator to its end."""
    if inspect.isgeneratorfunction(flow.fn):
        return list(flow())
    made = flow(return_state=True)
    return asyncio.run(made) if inspect.isawaitable(made) else made


def resume_meanwhile(flow):
    """Paused, it waits in its process until somebody else says go on."""
    threading.Thread(target=resume_paused, args=(flow.fn.__name__,), daemon=True).start()
    play(flow)


def resume_paused(name):
    client = get_client(sync_client=True)
    while name not in RUNS or not client.read_flow_run(RUNS[name]).state.is_paused():
        time.sleep(0.2)
    resume_flow_run(RUNS[name])


def scheduled(flow):
    """A run of a deployment, which may be suspended: then it leaves its process."""
    flow_id = CLIENT.create_flow(flow)
    deployment = CLIENT.create_deployment(flow_id, f"by-{flow.name}")
    return CLIENT.create_flow_run_from_deployment(deployment)


def resume_afterwards(flow):
    run = scheduled(flow)
    with suppress(Pause):
        run_flow(flow, flow_run=run, return_type="state")
    resume_flow_run(run.id)
    run_flow(flow, flow_run=CLIENT.read_flow_run(run.id), return_type="state")


def run_again(flow):
    """As the button in Prefect's UI does."""
    run = scheduled(flow)
    run_flow(flow, flow_run=run, return_type="state")
    CLIENT.set_flow_run_state(run.id, AwaitingRetry(), force=True)
    run_flow(flow, flow_run=CLIENT.read_flow_run(run.id), return_type="state")


ACTS = {"paused": resume_meanwhile, "suspended": resume_afterwards, "rerun": run_again}

if __name__ == "__main__":
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):  # its thread ends up to a second after the flow
        main(sys.argv[1:])
