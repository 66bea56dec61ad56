"""The attempts of a task run, by the states it went through: each that runs begins the next one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from datatracing.model.event import Times
from datatracing.model.states import State
from datatracing_prefect.mapping import micros
from datatracing_prefect.states import AWAITING_RETRY, FINAL, PENDING, RUNNING, left_open, state


@dataclass(frozen=True)
class Moment:
    """One state of a task run. Times in microseconds; `due_at` is its scheduled time, `message` as Prefect has it."""

    kind: str
    name: str
    at: int
    due_at: int | None = None
    message: str = ""


def moment_of(found: Any) -> Moment:
    """A state as Prefect's own objects have it."""
    due = micros(found.state_details.scheduled_time)
    return Moment(found.type.value, found.name, micros(found.timestamp) or 0, due, found.message or "")


@dataclass(frozen=True)
class Try:
    """One attempt; number 0 is that of a task run that never ran. `message` is that of its last state."""

    number: int
    state: State
    raw_state: str
    times: Times
    message: str = ""

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state.terminal


def read_tries(moments: Iterable[Moment], *, first: int = 1) -> list[Try]:
    """At least one, unless there are no moments. `first` is the number of the first attempt among them."""
    tries: list[Try] = []
    due: int | None = None
    queued: int | None = None
    for moment in sorted(moments, key=lambda each: each.at):
        due = due if due is not None or tries else moment.due_at or moment.at
        queued = moment.at if moment.kind == PENDING and queued is None else queued
        if moment.kind == RUNNING:
            began = Times(due, None if tries and tries[-1].number else queued, moment.at)
            tries = _begun(tries, moment, began, first)
            due = None
        elif tries and tries[-1].number:
            tries[-1] = _went_on(tries[-1], moment)
            due = moment.due_at if moment.name == AWAITING_RETRY else due
        else:
            tries = [_never_ran(moment, due, queued)]
    return tries


def _begun(tries: list[Try], moment: Moment, began: Times, first: int) -> list[Try]:
    before = [each for each in tries if each.number]
    if before and not before[-1].over:
        before[-1] = _ended(before[-1], State.RETRIED, moment)
    number = before[-1].number + 1 if before else first
    return [*before, Try(number, State.RUNNING, moment.name, began)]


def _went_on(attempt: Try, moment: Moment) -> Try:
    if moment.name == AWAITING_RETRY:
        return _ended(attempt, State.RETRIED, moment)
    if moment.kind in FINAL:
        return _ended(attempt, state(moment.kind, moment.name), moment)
    return attempt if attempt.over else replace(attempt, state=state(moment.kind, moment.name), raw_state=moment.name)


def _ended(attempt: Try, how: State, moment: Moment) -> Try:
    """A second end (Prefect's RolledBack) changes the word for it, and not when it was."""
    times = replace(attempt.times, ended_at=attempt.times.ended_at or moment.at)
    return replace(attempt, state=how, raw_state=moment.name, times=times, message=moment.message or attempt.message)


def _never_ran(moment: Moment, due: int | None, queued: int | None) -> Try:
    how = state(moment.kind, moment.name)
    times = Times(due, queued, ended_at=moment.at if how.terminal else None)
    return Try(0, how, moment.name, times, moment.message)


def closed(tries: list[Try], run: State) -> list[Try]:
    """The same in a flow run that has ended in state `run`, and of which nothing is heard any more."""
    *before, last = tries
    if last.raw_state == AWAITING_RETRY:
        # The retry that it waited for never came.
        return [*before, replace(last, state=State.FAILED)]
    return [*before, replace(last, state=left_open(last.state, run))]
