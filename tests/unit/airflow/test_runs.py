"""What the hooks of a run tell, from the columns of Airflow's row that are loaded already."""

from datetime import datetime, timezone

import pytest

from datatracing.model.event import EventKind
from datatracing.model.states import State
from datatracing_airflow.mapping import run_changed

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


class Row:
    """As a row of dag_run looks to vars(): loaded columns, by name. What has not been loaded raises when it is read."""

    def __init__(self, **columns):
        vars(self).update({"dag_id": "d", "run_id": "r", "_state": "running", "start_date": NOON, **columns})

    def __getattr__(self, name):
        raise AssertionError(f"reading {name} would ask the database")


def test_a_run_that_begins():
    said = run_changed(Row(queued_at=NOON), "started", "here")
    assert (said.kind, said.state, said.raw_state, said.reporter) == (
        EventKind.STARTED,
        State.RUNNING,
        "running",
        "scheduler",
    )
    assert said.times.ended_at is None
    assert said.span is None


@pytest.mark.parametrize(
    ("message", "reporter", "reason"),
    [
        ("timed_out", "scheduler", "timed_out"),
        ("Dag Run's state was manually set to `failed`.", "api", "Dag Run's state was manually set to `failed`."),
        ("", "api", "the state was set by hand"),
    ],
)
def test_a_run_that_ends_says_who_ended_it_and_why(message, reporter, reason):
    said = run_changed(Row(_state="failed", end_date=NOON), message, "here")
    assert (said.kind, said.state, said.reporter) == (EventKind.ENDED, State.FAILED, reporter)
    assert said.attributes["airflow.end_reason"] == reason
    assert said.times.ended_at is not None


def test_a_run_marked_by_hand_that_still_has_to_tear_down_has_not_ended():
    assert run_changed(Row(), "", "here").kind is EventKind.STARTED


def test_law_1_a_row_that_has_expired_is_an_error_of_ours_and_no_query():
    row = Row()
    vars(row).clear()
    with pytest.raises(KeyError):
        run_changed(row, "success", "here")


def test_what_is_not_set_is_not_told():
    said = run_changed(Row(conf={}, backfill_id=None, run_type="manual", clear_number=0), "started", "here")
    assert said.attributes == {"airflow.run_type": "manual"}
