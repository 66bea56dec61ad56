"""The collector as a Dagster sensor: Dagster's own daemon calls it."""

from functools import lru_cache
from typing import TYPE_CHECKING

from dagster import (  # noqa: TID253  # only a Dagster loads this
    DefaultSensorStatus,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from datatracing.errors import DataTracingError
from datatracing_dagster.collector import Collector
from datatracing_dagster.settings import CollectorSettings

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from datatracing.connection import Connection
    from datatracing_dagster.resource import DataTracingResource

NAME = "datatracing_collector"
INTERVAL = 10
"""Seconds between two ticks."""


def collecting_sensor(key: str) -> SensorDefinition:
    """On from the start. `key` is the name of the DataTracingResource among the definitions."""

    @sensor(
        name=NAME,
        minimum_interval_seconds=INTERVAL,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={key},
        description="Stores the trace of every run that has ended, of all jobs in all code locations.",
    )
    def collect(context: SensorEvaluationContext) -> SkipReason:
        return evaluate(context, getattr(context.resources, key))

    return collect


def evaluate(context: SensorEvaluationContext, resource: "DataTracingResource") -> SkipReason:
    """One tick. A store that is away is no error of the user's: the cursor stays, and Dagster's log keeps all."""
    settings = resource.collector_settings()
    try:
        cursor, tally = Collector(context.instance, opened(settings), settings).tick(context.cursor)
    except DataTracingError as error:
        return SkipReason(f"DataTracing goes on later: {error}")
    context.update_cursor(cursor)
    return SkipReason(str(tally))


def collector(instance: "DagsterInstance", settings: CollectorSettings) -> Collector:
    """Into the configured store."""
    return Collector(instance, opened(settings), settings)


@lru_cache(maxsize=4)
def _opened(store: str, settings: CollectorSettings) -> "Connection":
    from datatracing.connection import connect

    return connect(settings=settings.all, migrate=store.startswith("sqlite:"))


def opened(settings: CollectorSettings) -> "Connection":
    """One connection for all ticks of this process. A SQLite file has no administrator, so its tables are made here."""
    return _opened(settings.all.store, settings)
