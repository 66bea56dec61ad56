"""Runs that were over before any step began, on a real Dagster: each is in the list of runs, and says why it failed."""

from datetime import datetime, timezone

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._utils.error import SerializableErrorInfo

from datatracing.query.runs import RUNS

pytestmark = pytest.mark.xdist_group("dagster-links")
WHILE = "2020-01-01T00:00:00Z"


@dg.op
def nothing():
    pass


@dg.job
def never_begun():
    nothing()


@pytest.fixture
def made(instance):
    """A run that nobody has launched yet."""
    return instance.create_run_for_job(never_begun)


def refused(instance, run):
    """As the code that launches runs reports what its launcher raised."""
    message, stack = "ConnectionError: no cluster answers at password=opensesame123\n", ["  File launcher.py, line 1\n"]
    error = SerializableErrorInfo(message, stack, "ConnectionError")
    instance.report_engine_event(message, run, EngineEventData.engine_error(error))
    instance.report_run_failed(run)


def timed_out(instance, run):
    """As the daemon's run monitoring reports a run that does not start."""
    instance.report_run_failed(run, "Run timed out due to taking longer than 180 seconds to start.")


@pytest.mark.parametrize(
    ("over", "error"),
    [(refused, ("ConnectionError", "no cluster answers at password=***")), (timed_out, (None, "Run timed out due to"))],
)
def test_a_run_that_never_began_is_listed_by_when_it_was_made_and_says_why(tracing, instance, made, over, error):
    over(instance, made)
    tracing.watch()
    [listed] = [run for run in tracing.connection.ask(RUNS, since=WHILE)["runs"] if run["run_id"] == made.run_id]
    assert (listed["state"], listed["started_at"]) == ("failed", None)
    told = tracing.trace(made.run_id)["spans"][0]["error"]
    assert error[0] in {None, told["type"]}
    assert told["message"].startswith(error[1])


def test_it_stands_among_runs_of_its_time_and_not_behind_all(tracing, instance, made):
    never_begun.execute_in_process(instance=instance)
    timed_out(instance, made)
    later = never_begun.execute_in_process(instance=instance)
    tracing.watch()
    newest = [run["run_id"] for run in tracing.connection.ask(RUNS)["runs"]]
    assert newest.index(later.run_id) < newest.index(made.run_id)
    hour_ago = datetime.now(timezone.utc).timestamp() - 3_600
    recent = tracing.connection.ask(RUNS, since=datetime.fromtimestamp(hour_ago, timezone.utc).isoformat())["runs"]
    assert made.run_id in {run["run_id"] for run in recent}


def test_a_run_whose_step_failed_says_what_the_step_said_and_not_that_a_step_failed(tracing, instance):
    @dg.op
    def bad():
        raise ValueError("this row is bad")

    @dg.job
    def failing():
        bad()

    run = failing.execute_in_process(instance=instance, raise_on_error=False)
    tracing.watch()
    root, step = tracing.trace(run.run_id)["spans"][:2]
    assert [told["error"]["message"] for told in (root, step)] == ["this row is bad"] * 2
