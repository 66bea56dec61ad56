"""Prefect's states, as type and name, in ours. One table for what hooks see, what the API tells, and for runs of both
flows and tasks.
"""

from datatracing.model.event import ErrorInfo
from datatracing.model.states import State

AWAITING_RETRY, RETRYING, NOT_READY, CACHED, SUSPENDED = "AwaitingRetry", "Retrying", "NotReady", "Cached", "Suspended"
SCHEDULED, PENDING, RUNNING = "SCHEDULED", "PENDING", "RUNNING"
COMPLETED, FAILED, CRASHED, CANCELLED = "COMPLETED", "FAILED", "CRASHED", "CANCELLED"
FINAL = frozenset({COMPLETED, FAILED, CRASHED, CANCELLED})
"""Types of states that Prefect calls terminal."""

UNTOLD = ErrorInfo("Lost", "the run is over, and nobody has told how this task ended")
"""Why an attempt is lost. Where its end is told later, the trace has that."""

BY_TYPE = {
    SCHEDULED: State.SCHEDULED,
    PENDING: State.QUEUED,
    RUNNING: State.RUNNING,
    "CANCELLING": State.RUNNING,
    "PAUSED": State.DEFERRED,
    COMPLETED: State.SUCCESS,
    FAILED: State.FAILED,
    CRASHED: State.CRASHED,
    CANCELLED: State.CANCELLED,
}
BY_NAME = {NOT_READY: State.UPSTREAM_FAILED}
"""Names that say more than their type. TimedOut is a failure, Cached a success, Retrying runs, Late is scheduled."""


def state(kind: str, name: str) -> State:
    """Of a type like `COMPLETED` and a name like `Cached`. A type that is newer than this code goes on."""
    return BY_NAME.get(name) or BY_TYPE.get(kind, State.RUNNING)


def left_open(found: State, run: State) -> State:
    """What became of a task run that was in state `found` when its flow run ended, and will not change any more.

    What had begun is cancelled with a cancelled flow run, and lost with any other; what had not begun never will.
    """
    if found.terminal:
        return found
    began = found in {State.RUNNING, State.DEFERRED}
    return State.LOST if began and run is not State.CANCELLED else State.CANCELLED
