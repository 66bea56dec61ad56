"""What the rows of Prefect's API say."""

import pytest

from datatracing.model.clock import parse_rfc3339
from datatracing.model.link import Access, AssetUse
from datatracing_prefect.assets import by_task_run, read_uses
from datatracing_prefect.records import from_row, left_running, plain
from datatracing_prefect.tries import Moment, read_tries

CALLED, STARTED, ENDED = (f"2026-11-21T10:00:0{n}.000000Z" for n in range(3))


def row(kind="COMPLETED", name="Completed", started=STARTED, at=ENDED, **more):
    state = {"type": kind, "name": name, "timestamp": at, "message": None, "state_details": {}}
    return {
        "id": "t",
        "dynamic_key": "1bc06d6f-5e12-4b0b-a4a4-7f1ab1a8f0f4",
        "state": state,
        "state_type": kind,
        "state_name": name,
        "run_count": int(bool(started)),
        "expected_start_time": CALLED,
        "start_time": started,
        **more,
    }


def test_the_row_of_a_task_run_that_ran_once_stands_for_its_history():
    assert plain(row())
    history = [("PENDING", CALLED), ("RUNNING", STARTED), ("COMPLETED", ENDED)]
    assert [(each.kind, each.at) for each in from_row(row())] == [(kind, parse_rfc3339(at)) for kind, at in history]
    [only] = read_tries(from_row(row()))
    assert (only.number, only.state.value, only.times.ended_at) == (1, "success", parse_rfc3339(ENDED))


def test_a_task_run_that_was_never_ready_has_not_run():
    found = row("PENDING", "NotReady", started=None)
    assert plain(found)
    [only] = read_tries(from_row(found))
    assert (only.number, only.state.value) == (0, "upstream_failed")


@pytest.mark.parametrize(
    "found",
    [
        row(run_count=2),
        row("RUNNING", "Running"),
        row("COMPLETED", "RolledBack"),
        row("CRASHED", "Aborted"),
        row(dynamic_key="0"),
    ],
)
def test_where_the_row_may_not_tell_all_the_history_is_asked_for(found):
    assert not plain(found)


def test_a_running_row_is_told_once():
    found = row("RUNNING", "Running", at=STARTED)
    assert [each.kind for each in from_row(found)] == ["PENDING", "RUNNING"]
    assert from_row(found)[-1] == Moment("RUNNING", "Running", parse_rfc3339(STARTED))


def asset_event(name, key, upstream=()):
    related = [
        {"prefect.resource.id": "prefect.task-run.t", "prefect.resource.role": "task-run"},
        *({"prefect.resource.id": each, "prefect.resource.role": "asset"} for each in upstream),
    ]
    return {"event": name, "occurred": ENDED, "resource": {"prefect.resource.id": key}, "related": related}


def test_what_a_task_run_wrote_and_read_is_told_by_normalised_uri():
    found = read_uses(
        [
            asset_event("prefect.asset.referenced", "S3://Bucket/raw/"),
            asset_event("prefect.asset.materialization.succeeded", "postgres://u:p@db/t", ["S3://Bucket/raw/"]),
            asset_event("prefect.asset.materialization.failed", "s3://bucket/never"),
        ]
    )
    read, wrote = AssetUse("s3://bucket/raw", Access.READ), AssetUse("postgres://db/t", Access.WRITE)
    assert by_task_run(found) == {"t": (read, wrote)}


def test_what_was_called_in_a_flow_that_is_over_is_left_running():
    found = row("RUNNING", "Running", at=STARTED)
    assert left_running(found)
    assert not left_running({**found, "dynamic_key": "0"}), "a subflow or a background task goes on by itself"
    assert not left_running(row())
    assert not left_running(row("SCHEDULED", "AwaitingRetry"))
