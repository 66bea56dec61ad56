"""Dagster's words for how runs and steps end, in ours."""

from dagster import DagsterRunStatus  # noqa: TID253  # only a Dagster loads this

from datatracing.model.states import State

ENDED = {
    DagsterRunStatus.SUCCESS: State.SUCCESS,
    DagsterRunStatus.FAILURE: State.FAILED,
    DagsterRunStatus.CANCELED: State.CANCELLED,
}
CRASHED = frozenset({"ChildProcessCrashException"})
"""What Dagster calls the end of a step whose process is gone."""
INTERRUPTED = frozenset({"DagsterExecutionInterruptedError", "DagsterExecutionInterruptedException"})
NOT_EXECUTED = "NOT_EXECUTED"
"""A step of the plan of which the log says nothing."""
NO_MAPPING_KEYS = "NO_MAPPING_KEYS"
"""A dynamic step with nothing to map over."""


def end_state(status: DagsterRunStatus) -> State:
    """How a run ended that is over, one way or another: if Dagster does not say so, nobody knows how."""
    return ENDED.get(status, State.LOST)


def failed_step(error_names: frozenset[str], status: DagsterRunStatus) -> State:
    """How a step failed, by the names of the errors that caused one another, in a run that ended with this status.

    An interruption that nobody had asked for is a process that was killed.
    """
    if error_names & INTERRUPTED and status is DagsterRunStatus.CANCELED:
        return State.CANCELLED
    return State.CRASHED if error_names & (CRASHED | INTERRUPTED) else State.FAILED


def left_open(status: DagsterRunStatus) -> State:
    """What became of a step that was at work when its run was called over."""
    return State.CANCELLED if status is DagsterRunStatus.CANCELED else State.LOST
