"""The only file that knows what Dagster does not promise: methods that are not public, and what versions differ in.

Supported: 1.9 to 1.13. Event types that this file does not name are left unread, so a newer Dagster may have more.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dagster import (  # noqa: TID253  # only a Dagster loads this
    AssetRecordsFilter,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    EventRecordsFilter,
)

if TYPE_CHECKING:
    from dagster import AssetKey, DagsterRun, EventLogEntry

SUPPORTED = (1, 9), (2, 0)
"""From the first on, below the second."""
PAGE = 1_000
"""Events that are read at once."""
ENDS: "Mapping[Any, DagsterRunStatus]" = {
    DagsterEventType.RUN_SUCCESS: DagsterRunStatus.SUCCESS,
    DagsterEventType.RUN_FAILURE: DagsterRunStatus.FAILURE,
    DagsterEventType.RUN_CANCELED: DagsterRunStatus.CANCELED,
}
"""Events that say that a run is over, with the status that it then has."""
CHANGES = (
    *ENDS,
    DagsterEventType.RUN_START,
    DagsterEventType.RUN_STARTING,
    DagsterEventType.RUN_ENQUEUED,
    DagsterEventType.RUN_CANCELING,
)
"""Events that run status sensors act on."""
AT_WORK = (DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING)
"""Statuses of runs that some process is at work on, or should be. A queued run waits, for as long as it takes."""
READ = frozenset(
    {
        *ENDS,
        DagsterEventType.RUN_ENQUEUED,
        DagsterEventType.RUN_DEQUEUED,
        DagsterEventType.RUN_STARTING,
        DagsterEventType.RUN_START,
        DagsterEventType.STEP_WORKER_STARTING,
        DagsterEventType.STEP_WORKER_STARTED,
        DagsterEventType.STEP_START,
        DagsterEventType.STEP_RESTARTED,
        DagsterEventType.STEP_UP_FOR_RETRY,
        DagsterEventType.STEP_SUCCESS,
        DagsterEventType.STEP_FAILURE,
        DagsterEventType.STEP_SKIPPED,
        DagsterEventType.STEP_OUTPUT,
        DagsterEventType.HANDLED_OUTPUT,
        DagsterEventType.LOADED_INPUT,
        DagsterEventType.RESOURCE_INIT_STARTED,
        DagsterEventType.RESOURCE_INIT_SUCCESS,
        DagsterEventType.RESOURCE_INIT_FAILURE,
        DagsterEventType.ASSET_MATERIALIZATION,
        DagsterEventType.ASSET_OBSERVATION,
    }
)
"""What a trace is made from. Log lines are not among it: they may hold anything."""


def merged(defs: Definitions, more: Definitions) -> Definitions:
    """Dagster 1.9 warns that this may change, and the user who reads it has not called it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Definitions.merge(defs, more)


def entries(instance: DagsterInstance, run_id: str) -> "Iterator[EventLogEntry]":
    """The run's events of the types in READ, as they were stored."""
    cursor: str | None = None
    while True:
        page = instance.get_records_for_run(run_id, cursor=cursor, of_type=set(READ), limit=PAGE)
        yield from (record.event_log_entry for record in page.records)
        cursor = page.cursor
        if not page.has_more:
            return


def engine_error(instance: DagsterInstance, run_id: str) -> Any | None:
    """The last error of which an event of Dagster's own tells; None where there is none."""
    found = instance.get_records_for_run(run_id, of_type=DagsterEventType.ENGINE_EVENT, limit=PAGE, ascending=False)
    said = (getattr(record.event_log_entry.dagster_event, "event_specific_data", None) for record in found.records)
    return next((error for data in said if (error := getattr(data, "error", None))), None)


def plan(instance: DagsterInstance, run: "DagsterRun") -> Any | None:
    """The snapshot of the run's execution plan; a run that failed before it was planned has none."""
    name = run.execution_plan_snapshot_id
    return instance.get_execution_plan_snapshot(name) if name else None


def location(run: "DagsterRun") -> tuple[str, str]:
    """Code location and repository that the run was launched from; empty where Dagster does not know them."""
    origin = getattr(run, "remote_job_origin", None) or getattr(run, "external_job_origin", None)
    if origin is None:
        return "", ""
    repository = getattr(origin, "repository_origin", None) or getattr(origin, "external_repository_origin", None)
    where = getattr(repository, "code_location_origin", None)
    return str(getattr(where, "location_name", "") or ""), str(getattr(repository, "repository_name", "") or "")


def tick(instance: DagsterInstance, tick_id: int) -> Any | None:
    """The sensor or schedule tick; None where it has been purged."""
    storage = instance.schedule_storage
    try:
        return storage.get_tick(tick_id) if storage else None
    except Exception:  # each storage says in its own way that there is none
        return None


def evaluations(instance: DagsterInstance, evaluation_id: int) -> Sequence[Any]:
    """What declarative automation decided in one tick, with the runs it asked for. Dagster keeps it for 30 days."""
    storage = instance.schedule_storage
    if storage is None:
        return []
    records = storage.get_auto_materialize_evaluations_for_evaluation_id(evaluation_id)
    return [record.get_evaluation_with_run_ids() for record in records]


def asset_event(instance: DagsterInstance, key: "AssetKey", **where: Any) -> Any | None:
    """The last record of a materialization, or else observation, of this asset that fits."""
    wanted = AssetRecordsFilter(asset_key=key, **where)
    found = instance.fetch_materializations(wanted, limit=1).records
    found = found or instance.fetch_observations(wanted, limit=1).records
    return found[0] if found else None


def numbered_asset_event(instance: DagsterInstance, storage_id: int) -> Any | None:
    """The record of a materialization or observation by its number alone."""
    for kind in (DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_OBSERVATION):
        where = EventRecordsFilter(event_type=kind, storage_ids=[storage_id])
        found = instance.event_log_storage.get_event_records(where, limit=1)
        if found:
            return found[0]
    return None


def read_cursor(instance: DagsterInstance, key: str) -> str | None:
    """What `write_cursor` has left in Dagster's own storage."""
    found: Mapping[str, str] = instance.daemon_cursor_storage.get_cursor_values({key})
    return found.get(key)


def write_cursor(instance: DagsterInstance, key: str, cursor: str) -> None:
    """Keep a text in Dagster's own storage, where its daemons keep theirs."""
    instance.daemon_cursor_storage.set_cursor_values({key: cursor})


def reference(instance: DagsterInstance) -> str:
    """What another process needs to open the same instance: names of classes, and their settings."""
    from dagster._serdes import serialize_value

    return serialize_value(instance.get_ref())


def instance_from(reference: str) -> DagsterInstance:
    """The instance behind what `reference` has given."""
    from dagster._core.instance.ref import InstanceRef
    from dagster._serdes import deserialize_value

    return DagsterInstance.from_ref(deserialize_value(reference, InstanceRef))


def report(instance: DagsterInstance, run: "DagsterRun", message: str, label: str, url: str) -> None:
    """An event with a link in the run's log. The run's status is not touched."""
    from dagster import MetadataValue
    from dagster._core.events import EngineEventData

    instance.report_engine_event(message, run, EngineEventData(metadata={label: MetadataValue.url(url)}))


def storage_url(instance: DagsterInstance) -> str:
    """Of the event log's database; empty where it has none of its own, as with SQLite."""
    return str(getattr(instance.event_log_storage, "postgres_url", ""))


def sensors_are_called(instance: DagsterInstance) -> bool:
    """Whether the daemon's sensor part has shown signs of life lately."""
    return bool(instance.get_daemon_statuses()["SENSOR"].healthy)


@dataclass(frozen=True)
class CurrentStep:
    """The step that a thread is executing. Attempts count from 1."""

    job_name: str
    run_id: str
    step_key: str
    attempt: int


def current_step() -> CurrentStep | None:
    """None outside of a step."""
    from dagster import OpExecutionContext

    try:
        context = OpExecutionContext.get()
        key = context.get_step_execution_context().step.key
        return CurrentStep(context.job_name, context.run_id, key, context.retry_number + 1)
    except Exception:  # Dagster has an error of its own for "there is none", and another one in each version
        return None
