"""A run that its orchestrator has deleted is closed once, and only if it was open."""

import pytest

from datatracing import connect
from datatracing.hosting.deleted import close_deleted, open_runs
from datatracing.model.states import State
from tests.sample_runs import NIGHT, Story, times


@pytest.fixture
def connection():
    opened = connect("memory://")
    yield opened
    opened.close()


def test_law6_an_open_run_that_is_gone_is_removed_and_says_so(connection):
    trace_id = Story().begun().task("copy", State.RUNNING, times(None, None, 1, None)).open(connection)
    assert [run.trace_id for run in open_runs(connection, "airflow", "default")] == [trace_id]
    assert close_deleted(connection, trace_id)
    document = connection.trace(trace_id)
    assert (document["run"]["state"], document["run"]["completeness"]["status"]) == ("removed", "unknown")
    assert document["spans"][0]["raw_state"] == "deleted"
    assert open_runs(connection, "airflow", "default") == []


def test_what_is_over_or_was_never_heard_of_is_left_alone(connection):
    trace_id = Story().begun().sealed(connection, State.SUCCESS, 3)
    assert not close_deleted(connection, trace_id)
    assert connection.trace(trace_id)["run"]["state"] == "success"
    assert not close_deleted(connection, "ab" * 16)


def test_an_installation_is_asked_for_its_own_runs_only(connection):
    Story().begun().open(connection)
    assert open_runs(connection, NIGHT.orchestrator, "another") == open_runs(connection, "dagster", "default") == []
