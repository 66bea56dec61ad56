"""What a process has seen, as statements for the spool and as the run's own account of its end. Pure."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace

from datatracing import capture
from datatracing.model.event import ErrorInfo, EventKind, Statement, Times
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.states import State
from datatracing_prefect.mapping import error_info, span_key
from datatracing_prefect.operations import operations
from datatracing_prefect.seen import FlowSeen, TaskSeen
from datatracing_prefect.states import CRASHED, UNTOLD, state
from datatracing_prefect.tries import Moment, Try, closed

EDGES = 500
"""In one statement: a collector takes no more than 1,000, and they must fit into one record."""
KINDS = {State.RUNNING: EventKind.STARTED, State.DEFERRED: EventKind.SUSPENDED}


def attempts_moved(flow: FlowSeen, task: TaskSeen, changed: Iterable[Try], moment: Moment) -> Iterator[Statement]:
    """One for each attempt that a state has changed. What does not change is said with the attempt's first."""
    for each in changed:
        first = not each.number or (each.state is State.RUNNING and each.times.started_at == moment.at)
        key = span_key(task.task, task.task_run_id, each.number)
        edges = flow.dependencies(task) if first else ()
        yield Statement(
            kind=EventKind.ENDED if each.over else KINDS.get(each.state, EventKind.NOTED),
            run=flow.run,
            span=key,
            state=each.state,
            raw_state=each.raw_state,
            times=replace(each.times, scheduled_at=None, queued_at=None) if task.call else each.times,
            attributes=task.attributes if first else {},
            error=_attempt_error(each, moment),
            dependencies=edges[:EDGES],
            edges_known=not first or flow.edges_known(task),
        )
        for start in range(EDGES, len(edges), EDGES):
            more = edges[start : start + EDGES]
            yield Statement(EventKind.NOTED, flow.run, key, dependencies=more)


def flow_moved(flow: FlowSeen, moment: Moment) -> Statement:
    """The run itself went into another state."""
    how = state(moment.kind, moment.name)
    return Statement(
        kind=EventKind.ENDED if how.terminal else KINDS.get(how, EventKind.NOTED),
        run=flow.run,
        state=how,
        raw_state=moment.name,
        times=Times(flow.scheduled_at, None, flow.started_at, moment.at if how.terminal else None),
        attributes=flow.attributes if how is State.RUNNING or how.terminal else {},
        error=_said(moment.name, moment.message, crashed=moment.kind == CRASHED) if how.failing else None,
        links=tuple(flow.links),
    )


def account(flow: FlowSeen, observed_at: int, *, final: bool) -> Manifest:
    """The run as its process knows it. `final`: nothing more will be heard of what is open in it."""
    last = flow.moments[-1]
    ended = last.at if flow.over else None
    return Manifest(
        run=flow.run,
        state=flow.state,
        raw_state=last.name,
        observed_at=observed_at,
        times=Times(flow.scheduled_at, None, flow.started_at, ended),
        attempts=tuple(_attempts(flow, final=final)),
        dependencies=tuple(dict.fromkeys(edge for task in flow.tasks.values() for edge in flow.dependencies(task))),
        links=tuple(flow.links),
        attributes=flow.attributes,
        operations=operations(flow.moments),
        recorded=False,
        whole=not (flow.elsewhere or any(map(_waits, flow.tasks.values()))),
    )


def _attempts(flow: FlowSeen, *, final: bool) -> Iterator[Attempt]:
    """Without times, which the events have. A task run that may still begin is left out: it has no attempt yet."""
    calls = set(flow.children.values())
    for task in (each for each in flow.tasks.values() if not _waits(each)):
        # A flow that was called runs on its own.
        closing = final and task.tries and task.task_run_id not in calls
        for each in closed(task.tries, flow.state) if closing else task.tries:
            if each.number or each.over or final:
                key = span_key(task.task, task.task_run_id, each.number)
                known, error = flow.edges_known(task), UNTOLD if each.state is State.LOST else None
                ran = bool(each.number)
                yield Attempt(key, each.state, each.raw_state, reports=ran, error=error, edges_known=known)


def _waits(task: TaskSeen) -> bool:
    """For a process that takes on background tasks. What became of it there, this process does not hear."""
    return bool(task.tries) and task.tries[-1].state is State.SCHEDULED


def _attempt_error(attempt: Try, moment: Moment) -> ErrorInfo | None:
    if attempt.state is State.RETRIED:
        return _live("") or (error_info(attempt.raw_state, moment.message) if moment.message else None)
    if not attempt.state.failing:
        return None
    return _said(attempt.raw_state, moment.message, crashed=moment.kind == CRASHED)


def _said(name: str, message: str, *, crashed: bool) -> ErrorInfo:
    return _live("" if crashed else message or name) or error_info(name, message)


def _live(message: str) -> ErrorInfo | None:
    """The error that this thread is handling, if it is the one that Prefect's message is about."""
    found = capture.error_info(sys.exc_info()[1], hosts=("prefect.",))
    return found if found is not None and (not message or found.type in message) else None
