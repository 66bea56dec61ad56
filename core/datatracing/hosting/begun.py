"""Runs that are not over, said to be under way by who watches and not by their own processes."""

from datatracing.model.event import EventKind, Statement, Times
from datatracing.model.run import RunRef
from datatracing.model.states import State


def begun(run: RunRef, state: State, raw_state: str, times: Times) -> Statement:
    """Whoever says it says the same, so it counts once: as the event of a producer that is named after the beginning,
    at the orchestrator's own time of it."""
    kind = EventKind.STARTED if state is State.RUNNING else EventKind.SUSPENDED
    return Statement(kind, run, state=state, raw_state=raw_state, reporter="scheduler", times=times)
