"""The run or asset that a sensor had looked at when it asked for this run.

Dagster keeps no such link, but it keeps each tick with the cursor that the sensor left: for its own kinds of sensors
that is the number of the event that the sensor acted on.
"""

import json
from collections.abc import Iterator
from typing import Any

from dagster import RunStatusChangeRecordsFilter  # noqa: TID253  # only a Dagster loads this

from datatracing.model.link import Confidence, Direction, Link, LinkKind
from datatracing_dagster import compat
from datatracing_dagster.assets import metadata_of
from datatracing_dagster.links.ends import other
from datatracing_dagster.links.propagated import named_by
from datatracing_dagster.records import Records

TICK = "dagster/tick"
SENSOR = "dagster/sensor_name"
STATUS_CURSORS = frozenset({"RunStatusSensorCursor", "PipelineSensorCursor"})


def ticked(records: Records, namespace: str) -> Iterator[Link]:
    """The cause is in the cursor that the tick left: a run status sensor stops at the first run that makes it act."""
    tags = records.run.tags
    number, sensor = tags.get(TICK, ""), tags.get(SENSOR, "")
    tick = compat.tick(records.instance, int(number)) if sensor and number.isdigit() else None
    if tick is None:
        return
    cursor = _cursor(tick.cursor)
    if isinstance(cursor, dict) and cursor.get("__class__") in STATUS_CURSORS:
        yield from _after_run(records, namespace, cursor.get("record_id"), sensor)
    elif isinstance(cursor, int) and not isinstance(cursor, bool):
        yield from _after_asset(records, namespace, cursor, sensor)


def _cursor(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None


def _after_run(records: Records, namespace: str, event: Any, sensor: str) -> Iterator[Link]:
    for kind in compat.CHANGES if isinstance(event, int) else ():
        where = RunStatusChangeRecordsFilter(event_type=kind, storage_ids=[event])
        for record in records.instance.fetch_run_status_changes(where, limit=1).records:
            cause = other(records, record.event_log_entry.run_id, namespace)
            if cause is not None:
                evidence = f"sensor {sensor} saw its {kind.name.removeprefix('RUN_').lower()}"
                yield Link(LinkKind.TRIGGERED, Direction.UP, cause, evidence)


def _after_asset(records: Records, namespace: str, event: int, sensor: str) -> Iterator[Link]:
    """A cursor that is a number is an asset sensor's; one of the user's own that looks the same finds no event, or it
    finds one of an asset that this run's sensor never watched: so it is never more than inferred."""
    record = compat.numbered_asset_event(records.instance, event)
    if record is None or record.asset_key is None:
        return
    evidence = f"sensor {sensor} saw asset {record.asset_key.to_user_string()}"
    cause = other(records, record.run_id, namespace)
    if cause is not None:
        yield Link(LinkKind.TRIGGERED, Direction.UP, cause, evidence, Confidence.INFERRED)
        return
    value = metadata_of(record).get("traceparent")
    yield from named_by(getattr(value, "value", None), f"the metadata of {evidence}", records, namespace)
