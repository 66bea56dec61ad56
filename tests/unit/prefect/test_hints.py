"""What events say of runs."""

import pytest

from datatracing.model.clock import parse_rfc3339
from datatracing_prefect.agenda import FLOW, TASK
from datatracing_prefect.subscriber import REMEMBERED, Hint, Hints, hint

AT = "2026-11-21T10:00:00.000001Z"
FLOW_RUN = {"prefect.resource.id": "prefect.flow-run.f", "prefect.resource.role": "flow-run"}
BY = {"prefect.resource.id": "prefect.task-run.c", "prefect.resource.role": "task-run"}


def event(name, about, related=(), kind="", **more):
    resource = {"prefect.resource.id": about} | ({"prefect.state-type": kind} if kind else {})
    return {"id": "1", "event": name, "occurred": AT, "resource": resource, "related": list(related), **more}


@pytest.mark.parametrize("kind", ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"])
def test_the_end_of_a_flow_run(kind):
    found = hint(event("prefect.flow-run.Whatever", "prefect.flow-run.f", [BY], kind))
    assert found == Hint((FLOW, "f"), parse_rfc3339(AT))


def test_the_beginning_of_a_flow_run():
    assert hint(event("prefect.flow-run.Running", "prefect.flow-run.f", kind="RUNNING")) == Hint(
        (FLOW, "f"), begun=True
    )


def test_a_task_run_stirs_its_flow_run():
    ended = event("prefect.task-run.Completed", "prefect.task-run.t", [FLOW_RUN], "COMPLETED")
    assert hint(ended) == Hint((FLOW, "f"))


def test_a_task_run_outside_of_any_flow_ends_by_itself():
    payload = {"validated_state": {"type": "COMPLETED"}}
    ended = event("prefect.task-run.Completed", "prefect.task-run.t", payload=payload)
    assert hint(ended) == Hint((TASK, "t"), parse_rfc3339(AT))
    assert hint(event("prefect.task-run.Running", "prefect.task-run.t", kind="RUNNING")) == Hint((TASK, "t"))


def test_an_asset_stirs_the_run_that_wrote_it():
    assert hint(event("prefect.asset.materialization.succeeded", "s3://a", [FLOW_RUN])) == Hint((FLOW, "f"))


@pytest.mark.parametrize("name", ["prefect.flow-run.heartbeat", "prefect.deployment.created", "custom.event"])
def test_what_says_nothing_about_a_run_is_left_alone(name):
    assert hint(event(name, "prefect.flow-run.f")) is None


def test_each_event_counts_once_and_memory_is_bounded():
    heard = []
    hints = Hints(heard.append)
    ended = event("prefect.flow-run.Completed", "prefect.flow-run.f", kind="COMPLETED")
    hints.take(ended)
    hints.take(dict(ended))
    assert len(heard) == hints.count == 1
    for number in range(REMEMBERED):
        hints.take({**ended, "id": f"other {number}"})
    hints.take(ended)
    assert len(heard) == REMEMBERED + 2
