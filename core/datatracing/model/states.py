"""Span states, the same words for every orchestrator. A run's states are a subset of them."""

from enum import Enum


class State(str, Enum):
    """What a span is, or how it ended. The orchestrator's own word is kept beside it as `raw_state`."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    DEFERRED = "deferred"
    SUCCESS = "success"
    FAILED = "failed"
    RETRIED = "retried"
    """This attempt failed and another one followed."""
    SKIPPED = "skipped"
    """The orchestrator decided not to run it."""
    UPSTREAM_FAILED = "upstream_failed"
    """Never started, because something before it failed."""
    CANCELLED = "cancelled"
    CRASHED = "crashed"
    REMOVED = "removed"
    LOST = "lost"
    """It ended, and nobody knows how."""

    def __str__(self) -> str:
        return self.value

    @property
    def terminal(self) -> bool:
        """Whether a span in this state will not change by itself any more."""
        return self not in _OPEN

    @property
    def failing(self) -> bool:
        """Whether this state is a reason for a run to be called failed."""
        return self in _FAILING


_OPEN = frozenset({State.SCHEDULED, State.QUEUED, State.RUNNING, State.DEFERRED})
_FAILING = frozenset({State.FAILED, State.UPSTREAM_FAILED, State.CANCELLED, State.CRASHED, State.LOST})
SEVERITY = (
    State.CRASHED,
    State.FAILED,
    State.LOST,
    State.CANCELLED,
    State.UPSTREAM_FAILED,
    State.RETRIED,
    State.RUNNING,
    State.DEFERRED,
    State.QUEUED,
    State.SCHEDULED,
    State.SUCCESS,
    State.SKIPPED,
    State.REMOVED,
)
"""The worst first: what stands for many instances is called by the first of these that one of them is in."""
