"""The states that a task run goes through, as attempts."""

import itertools
from datetime import datetime, timezone

import pytest
from prefect.client.schemas.objects import StateType
from prefect.states import (
    AwaitingRetry,
    Cancelled,
    Completed,
    Crashed,
    Failed,
    Late,
    Paused,
    Pending,
    Retrying,
    Running,
)

from datatracing.model.event import Times
from datatracing.model.states import State
from datatracing_prefect.states import left_open, state
from datatracing_prefect.tries import Moment, closed, moment_of, read_tries

PENDING = Moment("PENDING", "Pending", 1)
RUNNING = Moment("RUNNING", "Running", 5)
AWAITING = Moment("SCHEDULED", "AwaitingRetry", 9, due_at=20)
RETRYING = Moment("RUNNING", "Retrying", 21)
COMPLETED = Moment("COMPLETED", "Completed", 30)


def story(*moments, **options):
    return [(each.number, each.state.value, each.raw_state, each.times) for each in read_tries(moments, **options)]


def test_a_run_that_goes_well_is_one_attempt():
    assert story(PENDING, RUNNING, COMPLETED) == [(1, "success", "Completed", Times(1, 1, 5, 30))]


def test_a_retry_after_a_wait_was_due_when_prefect_said():
    assert story(PENDING, RUNNING, AWAITING, RETRYING, COMPLETED) == [
        (1, "retried", "AwaitingRetry", Times(1, 1, 5, 9)),
        (2, "success", "Completed", Times(20, None, 21, 30)),
    ]


def test_a_retry_at_once_ends_the_attempt_before_it():
    assert story(PENDING, RUNNING, RETRYING) == [
        (1, "retried", "Retrying", Times(1, 1, 5, 21)),
        (2, "running", "Retrying", Times(None, None, 21)),
    ]


def test_what_never_ran_has_the_number_0():
    assert story(PENDING) == [(0, "queued", "Pending", Times(1, 1))]
    not_ready = Moment("PENDING", "NotReady", 3)
    assert story(PENDING, not_ready) == [(0, "upstream_failed", "NotReady", Times(1, 1, None, 3))]
    assert story(PENDING, Moment("CANCELLED", "Cancelled", 4)) == [(0, "cancelled", "Cancelled", Times(1, 1, None, 4))]


def test_a_background_task_waited_for_a_worker():
    scheduled = Moment("SCHEDULED", "Scheduled", 0)
    assert story(scheduled, PENDING, RUNNING) == [(1, "running", "Running", Times(0, 1, 5))]


def test_a_second_end_changes_the_word_and_not_the_time():
    rolled_back = Moment("COMPLETED", "RolledBack", 40)
    assert story(PENDING, RUNNING, COMPLETED, rolled_back) == [(1, "success", "RolledBack", Times(1, 1, 5, 30))]


def test_attempts_that_another_process_saw_are_counted():
    assert [number for number, *_ in story(RUNNING, RETRYING, first=3)] == [3, 4]


def test_the_order_of_arrival_does_not_matter():
    moments = (PENDING, RUNNING, AWAITING, RETRYING, COMPLETED)
    assert len({tuple(read_tries(order)) for order in itertools.permutations(moments)}) == 1
    assert read_tries([]) == []


def test_when_nothing_more_is_heard_what_is_open_is_lost_or_will_never_begin():
    def last(*moments, run=State.FAILED):
        return closed(read_tries(moments), run)[-1].state

    assert last(PENDING, RUNNING) is State.LOST
    assert last(PENDING, RUNNING, run=State.CANCELLED) is State.CANCELLED
    assert last(PENDING) is State.CANCELLED
    assert last(PENDING, RUNNING, AWAITING) is State.FAILED, "the retry never came"
    assert last(PENDING, RUNNING, COMPLETED) is State.SUCCESS
    assert left_open(State.DEFERRED, State.SUCCESS) is State.LOST


@pytest.mark.parametrize(
    ("made", "ours"),
    [
        (Pending(), State.QUEUED),
        (Pending(name="NotReady"), State.UPSTREAM_FAILED),
        (Running(), State.RUNNING),
        (Retrying(), State.RUNNING),
        (Late(scheduled_time=datetime(2026, 1, 1, tzinfo=timezone.utc)), State.SCHEDULED),
        (AwaitingRetry(scheduled_time=datetime(2026, 1, 1, tzinfo=timezone.utc)), State.SCHEDULED),
        (Paused(timeout_seconds=1), State.DEFERRED),
        (Completed(), State.SUCCESS),
        (Completed(name="Cached"), State.SUCCESS),
        (Failed(), State.FAILED),
        (Failed(name="TimedOut"), State.FAILED),
        (Crashed(), State.CRASHED),
        (Cancelled(), State.CANCELLED),
    ],
)
def test_prefects_own_states_have_a_word(made, ours):
    moment = moment_of(made)
    assert state(moment.kind, moment.name) is ours


def test_every_type_of_state_that_this_prefect_has_is_known():
    assert {each.value for each in StateType} == set(_types())
    assert state("FROM_THE_FUTURE", "Odd") is State.RUNNING


def _types():
    from datatracing_prefect.states import BY_TYPE

    return BY_TYPE
