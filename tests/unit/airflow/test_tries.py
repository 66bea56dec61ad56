"""Airflow's rows of one task instance become attempts. The rows here are as Airflow 3.3 leaves them."""

from datetime import datetime, timedelta, timezone

import pytest

from datatracing.model.clock import micros
from datatracing.model.link import Access, AssetUse
from datatracing.model.states import State
from datatracing_airflow.tries import Try, attempts

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def at(second):
    return NOON + timedelta(seconds=second)


def ran(try_number, begin, *, state="success", archived=False, **more):
    """A try that a process ran for 5 s."""
    times = {
        "scheduled_dttm": at(begin),
        "queued_dttm": at(begin + 1),
        "start_date": at(begin + 2),
        "end_date": at(begin + 7),
    }
    return Try("t", -1, try_number, state, pid=100 + try_number, archived=archived, **{**times, **more})


def left_over(before, state, **changed):
    """A live row as a clear leaves it: everything of the try before is still in it."""
    return Try(**{**vars(before), "state": state, "archived": False, **changed})


def seen(*rows):
    return [(each.key.attempt, each.state, each.raw_state, each.reports) for each in attempts(rows)]


def test_a_try_that_a_process_ran_is_expected_to_have_reported():
    (attempt,) = attempts([ran(1, 0)])
    assert (attempt.key.attempt, attempt.state, attempt.reports) == (1, State.SUCCESS, True)
    assert [attempt.times.scheduled_at, attempt.times.ended_at] == [micros(at(0)), micros(at(7))]


def test_a_failed_try_that_was_followed_by_another_is_retried():
    rows = ran(1, 0, state="failed", archived=True), ran(2, 60)
    assert seen(*rows) == [(1, State.RETRIED, "failed", True), (2, State.SUCCESS, "success", True)]


def test_the_last_failed_try_is_failed():
    rows = ran(1, 0, state="failed", archived=True), ran(2, 60, state="failed")
    assert [attempt.state for attempt in attempts(rows)] == [State.RETRIED, State.FAILED]


def test_a_success_that_was_cleared_stays_a_success():
    rows = ran(1, 0, archived=True), ran(2, 60)
    assert [attempt.state for attempt in attempts(rows)] == [State.SUCCESS, State.SUCCESS]


@pytest.mark.parametrize("state", ["upstream_failed", "skipped", "success", "failed", None])
def test_what_happened_to_a_cleared_task_before_its_next_try_happened_to_the_next_try(state):
    archived = ran(1, 0, state="failed", archived=True)
    first, second = attempts([archived, left_over(archived, state)])
    assert (first.key.attempt, second.key.attempt) == (1, 2)
    assert second.raw_state == (state or "none")
    assert not second.reports, "nobody ran it, though the row still names the process of the first try"


def test_a_next_try_that_never_began_has_none_of_the_times_of_the_one_before():
    archived = ran(1, 0, archived=True)
    _, never = attempts([archived, left_over(archived, "upstream_failed")])
    assert vars(never.times) == dict.fromkeys(vars(never.times))
    assert "airflow.hostname" not in never.attributes


def test_a_failure_that_only_waits_for_its_next_try_is_told_once():
    archived = ran(1, 0, state="failed", archived=True)
    assert seen(archived, left_over(archived, "up_for_retry")) == [(1, State.FAILED, "failed", True)]


def test_a_second_try_that_its_executor_lost_did_not_start_when_the_first_one_did():
    archived = ran(1, 0, state="failed", archived=True)
    lost = left_over(archived, "failed", try_number=2, scheduled_dttm=at(60), queued_dttm=at(61), end_date=at(90))
    _, second = attempts([archived, lost])
    assert (second.times.scheduled_at, second.times.started_at) == (micros(at(60)), None)
    assert second.times.ended_at == micros(at(90))
    assert not second.reports


def test_a_second_try_that_was_skipped_while_it_waited_was_not_run():
    archived = ran(1, 0, state="failed", archived=True)
    skipped = left_over(
        archived, "skipped", try_number=2, scheduled_dttm=at(60), start_date=at(70), end_date=at(70), queued_dttm=None
    )
    _, second = attempts([archived, skipped])
    assert (second.state, second.reports) == (State.SKIPPED, False)


def test_a_task_that_skipped_itself_was_run():
    assert seen(ran(1, 0, state="skipped")) == [(1, State.SKIPPED, "skipped", True)]


def test_a_task_that_was_never_tried_is_attempt_0():
    row = Try("t", -1, 0, "upstream_failed", start_date=at(5), end_date=at(5))
    assert seen(row) == [(0, State.UPSTREAM_FAILED, "upstream_failed", False)]


def test_an_empty_operator_has_times_and_no_process():
    row = Try("t", -1, 1, "success", start_date=at(5), end_date=at(5), hostname="")
    assert seen(row) == [(1, State.SUCCESS, "success", False)]


def test_a_task_that_was_cleared_before_it_was_ever_tried_did_not_fail():
    never = Try("t", -1, 0, "failed", end_date=at(1), archived=True)
    assert seen(never, ran(1, 60)) == [(0, State.CANCELLED, "failed", False), (1, State.SUCCESS, "success", True)]


def test_a_task_that_a_deadlock_left_behind_is_cancelled():
    assert seen(Try("t", -1, 0, None)) == [(0, State.CANCELLED, "none", False)]


def test_a_rescheduled_sensor_started_when_it_first_looked():
    (attempt,) = attempts([ran(1, 100, first_look=at(3))])
    assert attempt.times.started_at == micros(at(3))


def test_a_state_of_a_later_airflow_is_lost_with_its_word_kept():
    assert seen(ran(1, 0, state="postponed")) == [(1, State.LOST, "postponed", True)]


def test_assets_belong_to_the_live_row():
    wrote = (AssetUse("s3://x", Access.WRITE),)
    first, second = attempts([ran(1, 0, state="failed", archived=True), ran(2, 60)], wrote)
    assert (first.assets, second.assets) == ((), wrote)


def test_no_two_attempts_share_a_key():
    archived = [ran(number, number * 60, state="failed", archived=True) for number in (1, 2, 3)]
    keys = [attempt.key for attempt in attempts([*archived, left_over(archived[-1], "skipped")])]
    assert len(set(keys)) == len(keys) == 4
