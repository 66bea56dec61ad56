"""What a flow run spends its time with beside the user's code: waiting for a worker, for a process, for people."""

from collections import Counter
from collections.abc import Iterable, Iterator

from datatracing.model.event import Times
from datatracing.model.manifest import Operation
from datatracing.model.run import SpanKey
from datatracing.model.states import State
from datatracing_prefect.states import AWAITING_RETRY, CANCELLED, CRASHED, FAILED, FINAL, RUNNING, state
from datatracing_prefect.tries import Moment

PENDING, SCHEDULED = "PENDING", "SCHEDULED"
QUEUE, RETRY_WAIT, LAUNCH, ATTEMPT = "queue", "retry wait", "launch", "attempt"


def operations(moments: Iterable[Moment]) -> tuple[Operation, ...]:
    """Of the run itself, by the states it went through, in the order in which they began. A second one of a name is
    called `launch #2`."""
    history = sorted(moments, key=lambda each: each.at)
    scheduled = any(each.kind == SCHEDULED for each in history)
    found = [*_waits(history)] if scheduled or any(each.kind == "PAUSED" for each in history) else []
    attempts = [*_attempts(history)]
    found += attempts if len(attempts) > 1 else []
    counts: Counter[str] = Counter()
    named = []
    for name, times, how in sorted(found, key=lambda each: (each[1].started_at or 0, each[0])):
        counts[name] += 1
        unique = name if counts[name] == 1 else f"{name} #{counts[name]}"
        named.append(Operation(SpanKey("", operation=unique), times, how, how.value.upper()))
    return tuple(named)


def _waits(history: list[Moment]) -> Iterator[tuple[str, Times, State]]:
    """Stretches in which the run did not run. States of one kind that follow one another are one stretch."""
    at, waits_as = 0, ""
    for each in history:
        name = _waiting(each, waits_as)
        if name != waits_as:
            if waits_as:
                yield waits_as, Times(started_at=at, ended_at=each.at), State.SUCCESS
            at, waits_as = each.at, name


def _waiting(found: Moment, before: str) -> str:
    if found.kind == SCHEDULED:
        # Late is what a run becomes while it waits for the same as before.
        return RETRY_WAIT if found.name == AWAITING_RETRY else before if before in {QUEUE, RETRY_WAIT} else QUEUE
    if found.kind == PENDING:
        return LAUNCH
    return found.name.lower() if found.kind == "PAUSED" else ""


def _attempts(history: list[Moment]) -> Iterator[tuple[str, Times, State]]:
    """Stretches in which it ran: more than one after a retry, a rerun by hand, or a suspension."""
    began: int | None = None
    for each in history:
        if each.kind == RUNNING and began is None:
            began = each.at
        elif began is not None and (each.kind in FINAL or each.kind in {SCHEDULED, PENDING, "PAUSED"}):
            how = State.RETRIED if each.name == AWAITING_RETRY else state(each.kind, each.name)
            how = how if each.kind in {FAILED, CRASHED, CANCELLED} or how is State.RETRIED else State.SUCCESS
            yield ATTEMPT, Times(started_at=began, ended_at=each.at), how
            began = None
