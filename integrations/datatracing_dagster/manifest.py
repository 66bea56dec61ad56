"""Dagster's final record of a run as a manifest. Law 4: this is the truth at completion."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dagster import DagsterEventType as Type  # noqa: TID253  # only a Dagster loads this
from dagster import DagsterRunStatus  # noqa: TID253  # same

from datatracing.model.event import ErrorInfo, Times
from datatracing.model.link import AssetUse
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.run import SpanKey
from datatracing.model.states import State
from datatracing_dagster import assets, compat, links
from datatracing_dagster.mapping import error_info, micros, run_ref, step
from datatracing_dagster.operations import read_operations
from datatracing_dagster.plan import Plan, Source, read_plan
from datatracing_dagster.records import Records
from datatracing_dagster.states import NO_MAPPING_KEYS, NOT_EXECUTED, end_state
from datatracing_dagster.trace_link import TAG
from datatracing_dagster.tries import Try, read_tries

FAILURE_REASON = "dagster/failure_reason"
"""Tag: Dagster's word for why a run failed."""
TROUBLE = frozenset({State.FAILED, State.CRASHED, State.LOST})
"""Last states of a step behind which nothing is executed."""


def read_manifest(records: Records, namespace: str, *, observed_at: int) -> Manifest:
    """Every attempt of every step, those that never started included, with edges, times, operations and links.

    A run of which Dagster does not say that it is over is lost: nobody asks for its manifest before. RunDeletedError.
    """
    run, entries = records.run, records.entries
    status = _status(records)
    plan, tries = read_plan(records.plan), read_tries(entries, status)
    return Manifest(
        run=run_ref(run, namespace),
        state=end_state(status),
        raw_state=status.value,
        observed_at=observed_at,
        times=_times(records),
        attempts=(*_attempts(tries, assets.uses(records, namespace)), *_unexecuted(plan, tries, entries, status)),
        dependencies=plan.dependencies,
        links=tuple(links.found(records, namespace)),
        attributes=_attributes(run),
        error=_error(records),
        operations=read_operations(entries),
    )


def read_bare_manifest(records: Records, namespace: str, *, observed_at: int) -> Manifest:
    """Of a run whose events cannot be read: what Dagster's record of the run itself says, and no step."""
    run, record = records.run, records.record
    times = [micros(at) if (at := getattr(record, name, None)) else None for name in ("start_time", "end_time")]
    return Manifest(
        run=run_ref(run, namespace),
        state=end_state(run.status),
        raw_state=run.status.value,
        observed_at=observed_at,
        times=Times(started_at=times[0], ended_at=times[1]),
        attributes=_attributes(run),
        whole=False,
    )


def _status(records: Records) -> DagsterRunStatus:
    """Dagster stores the event that a run has ended a moment before it says so in the run's own record."""
    kinds = [entry.dagster_event.event_type for entry in records.entries]
    last = next((compat.ENDS[kind] for kind in reversed(kinds) if kind in compat.ENDS), records.run.status)
    return records.run.status if records.run.is_finished else last


def _times(records: Records) -> Times:
    """A run that is lost was last heard of at its last event."""
    at: dict[Type, int] = {}
    for entry in records.entries:
        at[entry.dagster_event.event_type] = micros(entry.timestamp)
    record = records.record
    created = micros(record.create_timestamp.timestamp()) if record else None
    ended = max((at[kind] for kind in compat.ENDS if kind in at), default=None)
    return Times(created, at.get(Type.RUN_ENQUEUED), at.get(Type.RUN_START), ended or max(at.values(), default=created))


def _attempts(
    tries: Mapping[str, list[Try]], used: Mapping[tuple[str, int], tuple[AssetUse, ...]]
) -> Iterator[Attempt]:
    for step_key, attempts in tries.items():
        for each in attempts:
            yield Attempt(
                _key(step_key, each.number),
                each.state,
                each.raw_state,
                each.times,
                reports=False,
                error=each.error,
                assets=used.get((step_key, each.number), ()),
            )


def _unexecuted(
    plan: Plan, tries: Mapping[str, list[Try]], entries: Iterable[Any], status: DagsterRunStatus
) -> Iterator[Attempt]:
    """Steps of the plan of which there is no event: what stands behind a failure leaves none in Dagster's log."""
    seen = {step(key) for key in tries}
    tasks = {task for task, _ in seen}
    troubled = {step(key)[0] for key, attempts in tries.items() if attempts[-1].state in TROUBLE}
    done = {step(key)[0] for key, attempts in tries.items() if attempts[-1].state is State.SUCCESS}
    produced = _mapping_keys(entries)
    for task in sorted(plan.tasks):
        keys = plan.keys(task, produced) if task in plan.mapped else [""]
        behind_a_failure = bool(plan.ancestors(task) & troubled)
        state = State.UPSTREAM_FAILED if behind_a_failure else _passed_over(status)
        for key in keys:
            if (task, key) not in seen:
                yield Attempt(SpanKey(task, map_key=key), state, NOT_EXECUTED, reports=False)
        if not keys and task not in tasks:
            # A node without instances stays in the graph: what follows it depends on something.
            state, raw = (State.SKIPPED, NO_MAPPING_KEYS) if plan.mapped[task].task in done else (state, NOT_EXECUTED)
            yield Attempt(SpanKey(task), state, raw, reports=False)


def _passed_over(status: DagsterRunStatus) -> State:
    """A step that could have run and did not, in a run that ended this way: what failed may be the run itself."""
    if status is DagsterRunStatus.CANCELED:
        return State.CANCELLED
    return State.SKIPPED if status is DagsterRunStatus.SUCCESS else State.UPSTREAM_FAILED


def _mapping_keys(entries: Iterable[Any]) -> dict[Source, list[str]]:
    """What each dynamic output has yielded in the last attempt of its step."""
    found: dict[Source, dict[str, None]] = defaultdict(dict)
    for entry in entries:
        kind = entry.dagster_event.event_type
        if kind is Type.STEP_OUTPUT:
            handle = entry.dagster_event.event_specific_data.step_output_handle
            if handle.mapping_key is not None:
                found[Source(handle.step_key, handle.output_name)][handle.mapping_key] = None
        elif kind is Type.STEP_UP_FOR_RETRY:
            found = defaultdict(dict, {each: keys for each, keys in found.items() if each.task != entry.step_key})
    return {source: list(keys) for source, keys in found.items()}


def _key(step_key: str, attempt: int) -> SpanKey:
    task, map_key = step(step_key)
    return SpanKey(task, attempt=attempt, map_key=map_key)


def _error(records: Records) -> ErrorInfo | None:
    """Why the run as a whole failed, where Dagster says more than that a step did."""
    begun = any(entry.dagster_event.event_type is Type.RUN_START for entry in records.entries)
    for entry in records.entries:
        event = entry.dagster_event
        if event.event_type is Type.RUN_FAILURE:
            launching = None if begun else error_info(records.launch_error)
            return error_info(getattr(event.event_specific_data, "error", None)) or launching or _said(event, records)
    return None


def _said(event: Any, records: Records) -> ErrorInfo | None:
    """Dagster's reason in a word, and in a sentence."""
    if any(entry.dagster_event.event_type is Type.STEP_FAILURE for entry in records.entries):
        return None
    reason = getattr(event.event_specific_data, "failure_reason", None)
    word = getattr(reason, "value", None) or records.run.tags.get(FAILURE_REASON) or event.event_type.value
    return ErrorInfo(word, event.message or "")


def _attributes(run: Any) -> dict[str, Any]:
    location, repository = compat.location(run)
    found = {
        "dagster.code_location": location,
        "dagster.repository": repository,
        "dagster.tags": {name: value for name, value in run.tags.items() if name != TAG},
        "dagster.assets": sorted(key.to_user_string() for key in run.asset_selection or ()),
        "dagster.partition": run.tags.get("dagster/partition"),
    }
    return {name: value for name, value in found.items() if value}
