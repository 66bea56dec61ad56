"""The runs that wrote the assets which this run read.

Each materialization carries a pointer to the event that wrote each of its inputs. For a partitioned asset the pointer
names the latest event of any partition, so the wrong run; then the event of the own partition is looked up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dagster import DagsterEventType as Type  # noqa: TID253  # only a Dagster loads this

from datatracing.model.link import Confidence, Direction, Link, LinkKind
from datatracing_dagster import compat
from datatracing_dagster.assets import STARTS, metadata_of, pointers
from datatracing_dagster.links.ends import other
from datatracing_dagster.links.propagated import named_by
from datatracing_dagster.records import Records


@dataclass(frozen=True)
class _Read:
    """A step read what the event `number` wrote, to make this partition of its own asset."""

    name: str
    number: int
    partition: str | None


def read_assets(records: Records, namespace: str) -> Iterator[Link]:
    """Each asset and partition once, however many steps read it."""
    reads: dict[_Read, float] = {}
    began: dict[str, float] = {}
    for entry in records.entries:
        event = entry.dagster_event
        if event.event_type in STARTS:
            began[entry.step_key] = entry.timestamp
        elif event.event_type is Type.ASSET_MATERIALIZATION:
            made = event.event_specific_data.materialization
            for name, number in pointers(made):
                reads.setdefault(_Read(name, number, made.partition), began.get(entry.step_key, entry.timestamp))
    for read, before in reads.items():
        yield from _writer(records, namespace, read, before)


def _writer(records: Records, namespace: str, read: _Read, before: float) -> Iterator[Link]:
    record, confidence, said = _written(records, read, before)
    if record is None:
        return
    evidence = f"asset {read.name}: {said}"
    writer = other(records, record.run_id, namespace)
    if writer is not None:
        yield Link(LinkKind.ASSET, Direction.UP, writer, evidence, confidence)
    elif not record.run_id:
        # Reported from outside of any run.
        value = metadata_of(record).get("traceparent")
        yield from named_by(getattr(value, "value", None), f"the metadata of {evidence}", records, namespace)


def _written(records: Records, read: _Read, before: float) -> tuple[Any | None, Confidence, str]:
    """The event that wrote what was read, and how that is known. `before` is when the step began to read."""
    pointed_at, partition = records.pointed_at(read.name, read.number), read.partition
    if pointed_at is None or partition is None or pointed_at.partition_key in {None, partition}:
        return pointed_at, Confidence.EXACT, "Dagster's pointer to what was read"
    own = compat.asset_event(
        records.instance, pointed_at.asset_key, asset_partitions=[partition], before_timestamp=before
    )
    return own, Confidence.INFERRED, f"the last event of partition {partition} before it"
