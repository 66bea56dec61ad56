"""A step's events become attempts. The events are Dagster's own types; what is between them is arbitrary."""

from dagster import DagsterEventType as Type
from dagster import DagsterRunStatus as Status
from dagster._utils.error import SerializableErrorInfo
from hypothesis import given
from hypothesis import strategies as st

from datatracing.model.states import State
from datatracing_dagster.tries import Tries

STARTS = [Type.STEP_START, Type.STEP_RESTARTED]
ENDS = [Type.STEP_SUCCESS, Type.STEP_FAILURE, Type.STEP_UP_FOR_RETRY]
OTHERS = [Type.STEP_OUTPUT, Type.LOADED_INPUT, Type.ENGINE_EVENT, Type.STEP_WORKER_STARTING, Type.STEP_WORKER_STARTED]


class Failure:
    """What stands in a step's failure."""

    def __init__(self, *names):
        self.error = None
        for name in reversed(names):
            self.error = SerializableErrorInfo(f"{name}: no luck", [], name, self.error)


def taken(*events, status=Status.SUCCESS):
    """(number, state, raw state, queued, started, ended) of each attempt; event n happened at 10 n."""
    tries = Tries(status=status)
    for at, event in enumerate(events):
        kind, data = event if isinstance(event, tuple) else (event, None)
        tries.take(kind, at * 10, data)
    tries.close()
    return [
        (each.number, each.state.value, each.raw_state, each.queued_at, each.started_at, each.ended_at)
        for each in tries.all
    ]


def test_an_attempt_in_the_runs_own_process():
    assert taken(Type.STEP_START, Type.STEP_SUCCESS) == [(1, "success", "SUCCESS", None, 0, 10)]


def test_an_attempt_in_a_process_of_its_own_was_queued_when_the_process_was_asked_for():
    events = Type.STEP_WORKER_STARTING, Type.STEP_WORKER_STARTED, Type.STEP_START, Type.STEP_SUCCESS
    assert taken(*events) == [(1, "success", "SUCCESS", 0, 20, 30)]


def test_a_retry_is_an_attempt_of_its_own():
    events = Type.STEP_START, (Type.STEP_UP_FOR_RETRY, Failure("ValueError")), Type.STEP_RESTARTED, Type.STEP_SUCCESS
    assert [each[:3] for each in taken(*events)] == [(1, "retried", "UP_FOR_RETRY"), (2, "success", "SUCCESS")]


def test_a_retry_that_never_came_was_a_failure():
    events = Type.STEP_START, Type.STEP_UP_FOR_RETRY
    assert taken(*events, status=Status.CANCELED) == [(1, "failed", "UP_FOR_RETRY", None, 0, 10)]


def test_a_failure_before_the_attempt_began_is_one_that_began_with_its_process():
    events = Type.STEP_WORKER_STARTING, Type.STEP_WORKER_STARTED, (Type.STEP_FAILURE, Failure("ValueError"))
    assert taken(*events, status=Status.FAILURE) == [(1, "failed", "FAILURE", 0, 10, 20)]


def test_a_process_that_was_asked_for_and_never_heard_of_is_lost():
    assert taken(Type.STEP_WORKER_STARTING, status=Status.STARTED) == [(1, "lost", "STARTING", 0, None, None)]


def test_a_process_whose_resources_could_not_be_made_has_failed_whether_dagster_says_so_or_not():
    unmade = Type.STEP_WORKER_STARTING, Type.STEP_WORKER_STARTED, (Type.RESOURCE_INIT_FAILURE, Failure("ValueError"))
    assert taken(*unmade, status=Status.FAILURE) == [(1, "failed", "RESOURCE_INIT_FAILURE", 0, 10, 20)]
    said = *unmade, (Type.STEP_FAILURE, Failure("ValueError"))
    assert taken(*said, status=Status.FAILURE) == [(1, "failed", "FAILURE", 0, 10, 30)]


def test_what_was_at_work_when_the_run_was_terminated_is_cancelled():
    assert taken(Type.STEP_START, status=Status.CANCELED) == [(1, "cancelled", "STARTED", None, 0, None)]


def test_a_process_that_was_killed_has_crashed():
    events = Type.STEP_START, (Type.STEP_FAILURE, Failure("ChildProcessCrashException"))
    assert taken(*events, status=Status.FAILURE)[0][1] == "crashed"


def test_an_interruption_is_a_cancellation_only_if_somebody_asked_for_it():
    error = Failure("DagsterExecutionStepExecutionError", "DagsterExecutionInterruptedError")
    events = Type.STEP_START, (Type.STEP_FAILURE, error)
    assert [taken(*events, status=status)[0][1] for status in (Status.CANCELED, Status.FAILURE)] == [
        "cancelled",
        "crashed",
    ]


def test_a_skipped_step_was_never_tried():
    assert taken(Type.STEP_SKIPPED) == [(0, "skipped", "SKIPPED", None, None, 0)]


@given(st.lists(st.sampled_from([*STARTS, *ENDS, *OTHERS])), st.sampled_from(list(Status)))
def test_whatever_the_log_says_attempts_are_numbered_without_gaps_and_each_has_ended(events, status):
    found = taken(*events, status=status)
    assert [each[0] for each in found] == list(range(1, len(found) + 1))
    assert all(State(each[1]).terminal for each in found)
    # Only the last attempt can have failed for good, and a retry has another attempt behind it.
    assert not found or found[-1][1] != "retried"
    assert len(found) >= sum(kind in ENDS for kind in events) - sum(kind in STARTS for kind in events)
    known = [[at for at in each[3:] if at is not None] for each in found]
    assert all(times == sorted(times) for times in known)


@given(st.lists(st.sampled_from([*STARTS, *ENDS, *OTHERS])))
def test_events_that_say_nothing_of_attempts_change_nothing(events):
    silent = [Type.STEP_OUTPUT, Type.LOADED_INPUT, Type.ENGINE_EVENT]
    loud = [kind for kind in events if kind not in silent]
    assert [each[:3] for each in taken(*events)] == [each[:3] for each in taken(*loud)]
