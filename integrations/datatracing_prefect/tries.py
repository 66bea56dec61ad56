"""The attempts of a task run, by the states it went through: each that runs begins the next one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from datatracing.model.event import Times
from datatracing.model.states import State
from datatracing_prefect.states import AWAITING_RETRY, FINAL, RUNNING, left_open, state


@dataclass(frozen=True)
class Moment:
    """One state of a task run. Times in microseconds; `due_at` is its scheduled time, `message` as Prefect has it."""

    kind: str
    name: str
    at: int
    due_at: int | None = None
    message: str = ""


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


def read_tries(moments: Iterable[Moment], created_at: int | None = None) -> list[Try]:
    """At least one, unless there are no moments. `created_at` is when the task run came to be."""
    tries: list[Try] = []
    due: int | None = created_at
    for moment in sorted(moments, key=lambda each: each.at):
        due = due if due is not None or tries else moment.at
        if moment.kind == RUNNING:
            tries = _begun(tries, moment, due)
            due = None
        elif tries and tries[-1].number:
            tries[-1] = _went_on(tries[-1], moment)
            due = moment.due_at if moment.name == AWAITING_RETRY else due
        else:
            tries = [_never_ran(moment, due)]
    return tries


def _begun(tries: list[Try], moment: Moment, due: int | None) -> list[Try]:
    before = [each for each in tries if each.number]
    if before and not before[-1].over:
        before[-1] = _ended(before[-1], State.RETRIED, moment)
    number = before[-1].number + 1 if before else 1
    return [*before, Try(number, State.RUNNING, moment.name, Times(scheduled_at=due, started_at=moment.at))]


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


def _never_ran(moment: Moment, due: int | None) -> Try:
    how = state(moment.kind, moment.name)
    return Try(
        0, how, moment.name, Times(scheduled_at=due, ended_at=moment.at if how.terminal else None), moment.message
    )


def closed(tries: list[Try], run: State) -> list[Try]:
    """The same in a flow run that has ended in state `run`, and of which nothing is heard any more."""
    *before, last = tries
    if last.raw_state == AWAITING_RETRY:
        # The retry that it waited for never came.
        return [*before, replace(last, state=State.FAILED)]
    return [*before, replace(last, state=left_open(last.state, run))]
