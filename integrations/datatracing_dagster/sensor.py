"""A Dagster sensor that sees to it that somebody watches: the agent of this host.

A sensor is evaluated in the process that runs the user's own sensors and schedules, so nothing of ours may be in it
but a look (law 1; docs/adr/0012): no connection to a store, no thread, no wait.
"""

import os
import time
from typing import TYPE_CHECKING

from dagster import (  # noqa: TID253  # only a Dagster loads this
    DagsterInstance,
    DefaultSensorStatus,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from datatracing.capture import lease, summon
from datatracing_dagster import compat
from datatracing_dagster.mapping import ORCHESTRATOR
from datatracing_dagster.progress import Progress
from datatracing_dagster.settings import WatchSettings
from datatracing_dagster.watcher import INSTANCE

if TYPE_CHECKING:
    from datatracing_dagster.resource import DataTracingResource

NAME = "datatracing_watcher"
INTERVAL = 10
"""Seconds between two ticks."""
AGAIN = 60.0
"""Seconds until an agent that was started and has no duty yet is started again."""
DUTY = lease.WATCH.format(ORCHESTRATOR)
STARTED = "an agent that watches was started"
ELSEWHERE = (
    "the agent of this host watches another Dagster, or has just begun: two Dagster installations on one host need a "
    "DATATRACING_SPOOL_DIR each"
)
EPHEMERAL = "the records of this instance are gone with its process: nobody else can read them"

_started: dict[WatchSettings, float] = {}


def watching_sensor(key: str) -> SensorDefinition:
    """On from the start. `key` is the name of the DataTracingResource among the definitions."""

    @sensor(
        name=NAME,
        minimum_interval_seconds=INTERVAL,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={key},
        description="Has the trace of every run stored that has ended, of all jobs in all code locations.",
    )
    def watch(context: SensorEvaluationContext) -> SkipReason:
        return evaluate(context.instance, getattr(context.resources, key))

    return watch


def evaluate(instance: DagsterInstance, resource: "DataTracingResource") -> SkipReason:
    """Start an agent that watches unless there is one; what it has said last."""
    settings = resource.watch_settings()
    if instance.is_ephemeral:
        return SkipReason(EPHEMERAL)
    progress = Progress(instance, settings)
    progress.cursor()
    holder = lease.holder(settings.all.spool_dir, DUTY)
    if holder is None:
        _begin(instance, settings)
        return SkipReason(STARTED)
    if outage := holder.get("outage"):
        return SkipReason(f"DataTracing goes on later: {outage}")
    return SkipReason(progress.heard() or ELSEWHERE)


def _begin(instance: DagsterInstance, settings: WatchSettings) -> None:
    """Start an agent, unless one was started so lately that it may not be at work yet."""
    now = time.monotonic()
    if now - _started.get(settings, -AGAIN) >= AGAIN:
        _started[settings] = now
        told = {**settings.environ(), INSTANCE: compat.reference(instance)}
        summon(settings.all.capture(), attend=os.getpid(), duty=DUTY, extra=told)
