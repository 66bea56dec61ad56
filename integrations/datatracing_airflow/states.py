"""Airflow's states in the words of DataTracing. Airflow's own word is kept beside it as `raw_state`."""

from collections.abc import Mapping
from typing import Any

from datatracing.model.states import State

TASK_STATES: Mapping[str | None, State] = {
    "scheduled": State.SCHEDULED,
    "queued": State.QUEUED,
    "running": State.RUNNING,
    "restarting": State.RUNNING,
    "deferred": State.DEFERRED,
    "up_for_reschedule": State.DEFERRED,
    "awaiting_input": State.DEFERRED,
    "up_for_retry": State.RETRIED,
    "success": State.SUCCESS,
    "failed": State.FAILED,
    "skipped": State.SKIPPED,
    "upstream_failed": State.UPSTREAM_FAILED,
    "removed": State.REMOVED,
    None: State.CANCELLED,
}
"""None is a task that Airflow has not looked at yet, and in a run that is over never will. Marking a run by hand and a
run's timeout set such tasks to `skipped`, so only a deadlock leaves them: Airflow gave the run up with tasks that could
never have started. Nothing before them failed, hence not `upstream_failed`; the run was called off, hence `cancelled`.
"""

RUN_STATES: Mapping[str | None, State] = {
    "queued": State.QUEUED,
    "running": State.RUNNING,
    "success": State.SUCCESS,
    "failed": State.FAILED,
    None: State.SCHEDULED,
}

FINISHED_RUNS = ("success", "failed")
NO_STATE = "none"
"""The word that Airflow's own API takes for a task without a state."""


def raw(state: Any) -> str | None:
    """Airflow's word, from an enum of either of its two libraries, a text, or nothing."""
    return None if state is None else str(getattr(state, "value", state))


def task_state(state: Any) -> State:
    """A state that a later Airflow invents is one nobody here knows the meaning of: `lost`, with its word beside it."""
    return TASK_STATES.get(raw(state), State.LOST)


def run_state(state: Any) -> State:
    """The same for a run."""
    return RUN_STATES.get(raw(state), State.LOST)
