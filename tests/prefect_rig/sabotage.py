"""Flows, called while one thing of ours after the other is broken: run by the tests, not imported.

Usage: python -m tests.prefect_rig.sabotage [plainly] WHAT...
Prints for each what the flow returned, how its run and tasks ended, and how long the caller was kept afterwards.
"""

import json
import os
import resource
import signal
import sys
import time
from contextlib import contextmanager, suppress
from uuid import uuid4

from prefect import flow, tags, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.runtime import task_run
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from datatracing.capture.guard import caught

ENDED = []
HOLE = os.environ.get("RIG_HOLE", "")
"""Where somebody takes everything and never answers."""
HERE = os.environ.get("DATATRACING_SPOOL_DIR", "")


@task(retries=1, retry_delay_seconds=0)
def flaky(x):
    if task_run.run_count == 1:
        raise ValueError("no luck yet")
    return [x]


@task
def fail(x):
    raise ValueError("never any luck")


@task
def collect(xs):
    return sorted(map(str, xs))


@flow
def inner(x):
    return flaky(x)


@flow
def sturdy():
    found = collect.submit(flaky.map([1, 2])).result()
    failed = fail(found, return_state=True)
    result = [found, inner("a"), failed.name]
    ENDED.append(time.monotonic())
    return result


@flow
def doomed():
    flaky(1)
    fail(2)


def broken(*_args, **_kwargs):
    raise RuntimeError("sabotage")


def tracer_raises():
    """All that taps and hooks call."""
    from datatracing_prefect.tracer import Tracer

    names = ("known", "begin", "flow_moved", "task_moved", "outside_moved", "called", "used", "caller_of")
    return dict.fromkeys(((Tracer, name) for name in names), broken)


def hearing_raises():
    """What taps and hooks do themselves."""
    from datatracing_prefect import compat, hooks

    return {(compat, "here"): broken, (compat, "forwards"): broken, (hooks, "begin"): broken}


def recorder_raises():
    from datatracing.capture.spool import Spool

    return {(Spool, "put"): broken}


def redactor_raises():
    from datatracing.redact import Redactor

    return {(Redactor, "event"): broken, (Redactor, "manifest"): broken}


def mapping_raises():
    from datatracing_prefect import statements, tracer

    return {(tracer, "task_name"): broken, (statements, "account"): broken, (statements, "attempts_moved"): broken}


def disk_is_full():
    """For files of any program, but Prefect writes none here."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    return {}


def anew(**settings):
    """Settings, read again: such as a user got wrong, or with a store that is not there."""
    from datatracing_prefect import tracer

    os.environ.update({"DATATRACING_SPOOL_DIR": HERE, **settings})
    return {(tracer, "_made"): []}


def away(spool, store):
    """Each with an agent of its own."""
    return anew(DATATRACING_STORE=store, DATATRACING_SPOOL_DIR=f"{HERE}/{spool}")


SABOTAGE = {
    "nothing": dict,
    "tracer_raises": tracer_raises,
    "hearing_raises": hearing_raises,
    "recorder_raises": recorder_raises,
    "redactor_raises": redactor_raises,
    "mapping_raises": mapping_raises,
    "store_hangs": lambda: away("hangs", f"http://{HOLE}/datatracing"),
    "database_hangs": lambda: away("database", f"postgresql+psycopg://u:p@{HOLE}/traces"),
    "store_away": lambda: away("away", "http://127.0.0.1:9/datatracing"),
    "odd_ship": lambda: anew(DATATRACING_SHIP="soon"),
    "odd_store": lambda: anew(DATATRACING_SHIP="agent", DATATRACING_STORE="no store at all"),
    "odd_pattern": lambda: anew(DATATRACING_REDACT_PATTERNS="("),
    "odd_switch": lambda: anew(DATATRACING_REDACT_PATTERNS="", DATATRACING_PREFECT_PARAMETER_VALUES="perhaps"),
    "no_spool": lambda: anew(DATATRACING_PREFECT_PARAMETER_VALUES="", DATATRACING_SPOOL_DIR="/dev/null/spool"),
    "no_room": lambda: anew(DATATRACING_SPOOL_DIR=f"{HERE}/narrow", DATATRACING_SPOOL_LIMIT="1"),
    "no_record": lambda: anew(DATATRACING_SPOOL_LIMIT="1000000", DATATRACING_EVENT_LIMIT="1"),
    "disk_is_full": disk_is_full,
}


@contextmanager
def sabotaged(what):
    """Put back afterwards, but for settings and the disk."""
    changes = SABOTAGE[what]()
    before = {(owner, name): getattr(owner, name) for owner, name in changes}
    for (owner, name), value in changes.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for (owner, name), value in before.items():
            setattr(owner, name, value)


def main(acts, *, plainly):
    flows = [sturdy, doomed]
    if not plainly:
        from datatracing_prefect import traced

        flows = [traced(each) for each in flows]
        traced(inner)
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):  # its thread ends up to a second after the flow
        played = {what: play(what, *flows) for what in acts}
    client = get_client(sync_client=True)
    settle(client, [each["tag"] for each in played.values()])
    print(json.dumps({what: {**found, "states": states(client, found["tag"])} for what, found in played.items()}))


def play(what, lasting, failing):
    tag, before = uuid4().hex, caught()
    with sabotaged(what), tags(tag):
        result = lasting()
        kept = time.monotonic() - ENDED[-1]
        with suppress(ValueError):
            failing()
    new = [where for where, count in caught().items() if count > before.get(where, 0)]
    return {"tag": tag, "result": result, "kept": kept, "caught": new}


def settle(client, tagged):
    """Until the server has written down what it was told."""
    found, deadline = None, time.monotonic() + 120
    while found != (found := [states(client, tag) for tag in tagged]) and time.monotonic() < deadline:
        time.sleep(2)


def states(client, tag):
    mine = FlowRunFilter(tags={"all_": [tag]})
    runs = [
        [client.read_flow(each.flow_id).name, each.state_name] for each in client.read_flow_runs(flow_run_filter=mine)
    ]
    tasks = client.read_task_runs(flow_run_filter=mine)
    return sorted(runs) + sorted([each.task_key.partition("-")[0], each.state_name, each.run_count] for each in tasks)


if __name__ == "__main__":
    main([word for word in sys.argv[1:] if word != "plainly"], plainly="plainly" in sys.argv)
