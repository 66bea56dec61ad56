"""One span out of what the hooks said and what the orchestrator recorded. Law 4: the record wins where it speaks."""

from collections.abc import Mapping
from typing import Any

from datatracing.model.event import ErrorInfo, Times
from datatracing.model.ids import root_span_id
from datatracing.model.manifest import Attempt, Manifest, Operation
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.statements import Statements
from datatracing.model.states import State
from datatracing.model.trace import Source, Span, SpanLevel


def root_span(run: RunRef, said: Statements, manifest: Manifest | None) -> Span:
    """The run itself. A run that started again after the manifest was read (a clear) is running."""
    reopened = manifest is not None and said.count > 0 and not said.over and said.last_at > manifest.observed_at
    record = None if reopened else manifest
    state, raw = _state(said, record.state if record else None, record.raw_state if record else None)
    return Span(
        span_id=root_span_id(run.trace_id),
        level=SpanLevel.RUN,
        state=state or State.RUNNING,
        raw_state=raw,
        source=_source(said, known=manifest is not None),
        times=_times(said, record.times if record else Times(), state),
        attributes=_attributes(said, manifest.attributes if manifest else {}),
        error=said.error or (record.error if record else None),
        assets=tuple(said.assets),
        records=tuple(said.records),
    )


def attempt_span(
    trace_id: str, key: SpanKey, said: Statements, recorded: Attempt | None, manifest: Manifest | None
) -> Span:
    """One attempt. What ended without a word, in a run whose record does not know it, is lost."""
    state, raw = _state(said, recorded.state if recorded else None, recorded.raw_state if recorded else None)
    if recorded is None and manifest is not None and said.last_at <= manifest.observed_at and not _ended(state):
        state = State.LOST
    return Span(
        span_id=key.span_id(trace_id),
        level=SpanLevel.TASK,
        task=key.task,
        map_index=key.map_index,
        attempt=key.attempt,
        state=state or State.SCHEDULED,
        raw_state=raw,
        source=_source(said, known=recorded is not None),
        times=_times(said, recorded.times if recorded else Times(), state),
        parent=key.parent_id(trace_id),
        attributes=_attributes(said, recorded.attributes if recorded else {}),
        error=_error(said, recorded, state),
        assets=tuple(dict.fromkeys((*said.assets, *(recorded.assets if recorded else ())))),
        map_key=key.map_key,
        records=tuple(said.records),
    )


def operation_span(
    trace_id: str, key: SpanKey, said: Statements | None, recorded: Operation | None, manifest: Manifest | None
) -> Span:
    """Something inside an attempt, or inside the run. The same rules as for the attempt itself."""
    said = said or Statements()
    state, raw = _state(said, recorded.state if recorded else None, recorded.raw_state if recorded else None)
    if recorded is None and manifest is not None and not _ended(state):
        state = State.LOST
    return Span(
        span_id=key.span_id(trace_id),
        level=SpanLevel.OPERATION,
        task=key.task or None,
        map_index=key.map_index,
        attempt=key.attempt,
        state=state or State.RUNNING,
        raw_state=raw,
        source=_source(said, known=recorded is not None),
        times=_times(said, recorded.times if recorded else Times(), state),
        parent=key.parent_id(trace_id),
        attributes=_attributes(said, recorded.attributes if recorded else {}),
        error=said.error,
        map_key=key.map_key,
        operation=key.operation,
        records=tuple(said.records),
    )


def _error(said: Statements, recorded: Attempt | None, state: State | None) -> ErrorInfo | None:
    """An attempt that was called a success after it had failed is no error."""
    if state is not None and not state.failing and state is not State.RETRIED:
        return None
    return said.error or (recorded.error if recorded else None)


def _ended(state: State | None) -> bool:
    return state is not None and state.terminal


def _state(said: Statements, recorded: State | None, raw: str | None) -> tuple[State | None, str | None]:
    """The record, unless it still calls open what a hook saw end, or does not know how that was."""
    if recorded is None or (said.over and (recorded is State.LOST or not recorded.terminal)):
        return said.state, said.raw_state
    return recorded, raw


def _source(said: Statements, *, known: bool) -> Source:
    if not said.count:
        return Source.METADATA
    return Source.BOTH if known else Source.EVENTS


def _attributes(said: Statements, recorded: Mapping[str, Any]) -> dict[str, Any]:
    return {**recorded, **said.attributes}


def _times(said: Statements, recorded: Times, state: State | None) -> Times:
    """Never out of order, whatever the clocks said.

    The record has the better start (Airflow stamps it before the worker's own); the worker has the better end of a
    failure (Airflow's is stamped after the process is gone, up to seconds later). A worker that ends after the record
    says it did is one that the orchestrator had given up before.
    """
    ended = _first(recorded.ended_at, said.ended_at)
    if said.ended_by_worker and said.ended_at is not None and state in {State.FAILED, State.RETRIED, State.SKIPPED}:
        ended = min(said.ended_at, ended or said.ended_at)
    return in_order(
        Times(
            scheduled_at=_first(recorded.scheduled_at, said.scheduled_at),
            queued_at=_first(recorded.queued_at, said.queued_at),
            started_at=_first(recorded.started_at, said.started_at),
            ended_at=ended if _ended(state) else None,
        ),
        latest_end=recorded.ended_at,
    )


def in_order(times: Times, latest_end: int | None = None) -> Times:
    """scheduled <= queued <= started <= ended. An earlier step that is stamped later than a later one is unknown.

    An end before the start comes from two clocks: the record's own end is taken then, or else the start itself.
    """
    started, ended = times.started_at, times.ended_at
    if started is not None and ended is not None and ended < started:
        ended = max(started, latest_end or started)
    queued = _not_after(times.queued_at, started, ended)
    scheduled = _not_after(times.scheduled_at, queued, started, ended)
    return Times(scheduled, queued, started, ended)


def _not_after(at: int | None, *later: int | None) -> int | None:
    return None if at is None or any(other is not None and at > other for other in later) else at


def _first(one: int | None, other: int | None) -> int | None:
    return other if one is None else one
