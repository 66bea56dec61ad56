"""Dagster's words for how runs and steps end, in ours."""

from dagster import DagsterRunStatus  # noqa: TID253  # only a Dagster loads this

from datatracing.model.states import State

RUN = {
    DagsterRunStatus.QUEUED: State.QUEUED,
    DagsterRunStatus.NOT_STARTED: State.SCHEDULED,
    DagsterRunStatus.MANAGED: State.SCHEDULED,
    DagsterRunStatus.STARTING: State.QUEUED,
    DagsterRunStatus.STARTED: State.RUNNING,
    DagsterRunStatus.CANCELING: State.RUNNING,
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


def run_state(status: DagsterRunStatus) -> State:
    """A status that is newer than this code is taken for one of a run that goes on."""
    return RUN.get(status, State.RUNNING)


def failed_step(error_names: frozenset[str]) -> State:
    """How a step failed, by the names of the errors that caused one another."""
    if error_names & CRASHED:
        return State.CRASHED
    return State.CANCELLED if error_names & INTERRUPTED else State.FAILED


def left_open(status: DagsterRunStatus) -> State:
    """What became of a step that was at work when its run was called over."""
    return State.CANCELLED if status is DagsterRunStatus.CANCELED else State.LOST
