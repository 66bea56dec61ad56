"""The verdict keeps what matters and says why."""

from dataclasses import replace

import pytest

from datatracing.model.completeness import Completeness, CompletenessStatus
from datatracing.model.fold import fold
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing.sampling.policy import default_policy


def trace(state=State.SUCCESS, *tasks, key="r", status=CompletenessStatus.COMPLETE):
    attempts = tuple(Attempt(SpanKey(f"t{n}"), task, task.value, reports=False) for n, task in enumerate(tasks))
    folded = fold([], Manifest(RunRef("airflow", "default", "d", key), state, state.value, 1, attempts=attempts))
    return replace(
        folded,
        completeness=Completeness(status, 1, 0, ("t",))
        if status is not CompletenessStatus.COMPLETE
        else folded.completeness,
    )


@pytest.mark.parametrize("state", [State.FAILED, State.CRASHED, State.CANCELLED, State.LOST])
def test_a_failed_run_is_kept_at_any_rate(state):
    verdict = default_policy(0).decide(trace(state))
    assert (verdict.keep, verdict.rule, verdict.reason) == (True, "failed", f"the run ended {state}")


def test_a_run_that_succeeded_over_a_failed_task_is_kept():
    verdict = default_policy(0).decide(trace(State.SUCCESS, State.FAILED, State.SUCCESS))
    assert (verdict.keep, verdict.reason) == (True, "task attempts in it ended 1 failed")


def test_a_retry_alone_is_no_reason_to_keep():
    assert not default_policy(0).decide(trace(State.SUCCESS, State.RETRIED, State.SUCCESS)).keep


def cleared(*ends):
    """A run of one task whose attempts ended like this, one after the other."""
    attempts = tuple(
        Attempt(SpanKey("t", attempt=number), end, end.value, reports=False) for number, end in enumerate(ends, 1)
    )
    run = RunRef("airflow", "default", "d", "r")
    return fold([], Manifest(run, State.SUCCESS, "success", 1, attempts=attempts))


def test_a_running_task_that_was_cleared_and_then_succeeded_is_no_reason_to_keep():
    assert not default_policy(0).decide(cleared(State.CANCELLED, State.SUCCESS)).keep
    assert default_policy(0).decide(cleared(State.SUCCESS, State.CANCELLED)).reason.endswith("1 cancelled")
    assert default_policy(0).decide(cleared(State.FAILED, State.SUCCESS)).reason.endswith("1 failed")


def test_a_partial_run_is_kept_at_any_rate():
    verdict = default_policy(0).decide(trace(status=CompletenessStatus.PARTIAL))
    assert (verdict.keep, verdict.rule) == (True, "partial")


def test_rate_one_keeps_everything_and_rate_zero_nothing_else():
    assert default_policy(1).decide(trace()).keep
    assert not default_policy(0).decide(trace()).keep


def test_the_rate_is_the_share_that_is_kept():
    policy = default_policy(0.2)
    kept = sum(policy.decide(trace(key=f"run-{n}")).keep for n in range(2_000))
    assert 320 <= kept <= 480


def test_a_higher_rate_keeps_all_that_a_lower_one_keeps():
    runs = [trace(key=f"run-{n}") for n in range(300)]
    low = {run.run.run_id for run in runs if default_policy(0.1).decide(run).keep}
    high = {run.run.run_id for run in runs if default_policy(0.5).decide(run).keep}
    assert low < high


def test_law_6_every_verdict_has_a_rule_a_reason_and_a_rate():
    for rate in (0, 0.5, 1):
        verdict = default_policy(rate).decide(trace())
        assert verdict.rule
        assert verdict.reason
        assert verdict.rate == rate


def test_what_was_kept_stays_kept():
    first = default_policy(0).decide(trace(State.FAILED))
    assert default_policy(0).decide(trace(State.SUCCESS), first) == first


def test_a_drop_that_turns_into_a_keep_says_so():
    dropped = default_policy(0).decide(trace())
    kept = default_policy(0).decide(trace(State.FAILED), dropped)
    assert kept.keep
    assert "dropped at first" in kept.reason
