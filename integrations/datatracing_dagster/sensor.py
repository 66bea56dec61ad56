"""The collector as a Dagster sensor: Dagster's own daemon calls it."""

from typing import TYPE_CHECKING, Any

from dagster import (  # noqa: TID253  # only a Dagster loads this
    DagsterInstance,
    DefaultSensorStatus,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from datatracing.context.address import is_file
from datatracing.errors import DataTracingError
from datatracing_dagster.collector import Collector
from datatracing_dagster.cursors import Cursor
from datatracing_dagster.settings import CollectorSettings
from datatracing_dagster.turn import Outcome, Turn

if TYPE_CHECKING:
    from datatracing.connection import Connection
    from datatracing_dagster.resource import DataTracingResource

NAME = "datatracing_collector"
INTERVAL = 10
"""Seconds between two ticks."""
GRACE = 1.0
"""Seconds after its budget for which a tick is waited for: Dagster's daemon evaluates one sensor after the other."""
KEPT = 4
"""Places that one process collects from."""


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
    # Kept even if nothing else is: an outage may begin before the first run ends, and last longer than one looks back.
    context.update_cursor(Cursor.read(context.cursor, settings.look_back).write())
    try:
        outcome = _post(context.instance, settings).turn.take(context.cursor, settings.budget + GRACE)
    except DataTracingError as error:
        return SkipReason(f"DataTracing goes on later: {error}")
    if outcome is None:
        return SkipReason("DataTracing is still at work: there is a large run, or the store takes long to answer")
    cursor, tally = outcome
    context.update_cursor(cursor)
    return SkipReason(str(tally))


def collector(instance: DagsterInstance, settings: CollectorSettings) -> Collector:
    """Into the configured store. A SQLite file has no administrator, so its tables are made here."""
    from datatracing.connection import connect

    connection: Connection = connect(settings=settings.all, migrate=is_file(settings.all.store))
    return Collector(instance, connection, settings)


class _Post:
    """What ticks of this process share: a connection, and what the collector remembers."""

    def __init__(self, instance: DagsterInstance, settings: CollectorSettings) -> None:
        self.reference: Any = _reference(instance)
        self.settings = settings
        self.turn = Turn(self._work)
        # An instance of our own: a tick may take longer than the evaluation that began it.
        self._instance = instance if instance.is_ephemeral else DagsterInstance.from_ref(self.reference)
        self._collector: Collector | None = None

    def _work(self, cursor: str | None) -> Outcome:
        self._collector = self._collector or collector(self._instance, self.settings)
        return self._collector.tick(cursor)

    def close(self) -> None:
        """Give back connections. A tick that is still going on finds others."""
        if self._collector is not None:
            self._collector.connection.close()


_posts: list[_Post] = []


def _post(instance: DagsterInstance, settings: CollectorSettings) -> _Post:
    for post in _posts:
        if post.reference == _reference(instance) and post.settings == settings:
            return post
    while len(_posts) >= KEPT:
        _posts.pop(0).close()
    _posts.append(_Post(instance, settings))
    return _posts[-1]


def _reference(instance: DagsterInstance) -> Any:
    return instance if instance.is_ephemeral else instance.get_ref()
