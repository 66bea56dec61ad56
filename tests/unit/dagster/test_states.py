"""Dagster's words for how runs end."""

import pytest
from dagster import DagsterRunStatus as Status

from datatracing.model.states import State
from datatracing_dagster.states import end_state, failed_step, left_open


@pytest.mark.parametrize("status", list(Status))
def test_every_status_of_a_run_that_is_over_is_an_end(status):
    assert end_state(status).terminal


def test_a_run_that_dagster_does_not_call_over_is_lost():
    assert {end_state(status) for status in (Status.STARTED, Status.STARTING, Status.CANCELING)} == {State.LOST}


def test_the_three_ends_that_dagster_has():
    ends = [end_state(status) for status in (Status.SUCCESS, Status.FAILURE, Status.CANCELED)]
    assert ends == [State.SUCCESS, State.FAILED, State.CANCELLED]


def test_a_step_that_failed_by_its_own_code_has_failed_whatever_became_of_the_run():
    assert {failed_step(frozenset({"ValueError"}), status) for status in Status} == {State.FAILED}


def test_a_killed_process_has_crashed_also_in_a_run_that_was_terminated():
    assert failed_step(frozenset({"ChildProcessCrashException"}), Status.CANCELED) is State.CRASHED


def test_what_was_left_open_is_cancelled_with_its_run_or_lost_with_it():
    assert [left_open(status) for status in (Status.CANCELED, Status.FAILURE, Status.STARTED)] == [
        State.CANCELLED,
        State.LOST,
        State.LOST,
    ]
