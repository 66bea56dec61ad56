"""Which other runs caused this one, found in what Dagster keeps anyway. A kind of link per file.

A run, tick or event that Dagster has deleted since yields no link, and never an error.
"""

from collections.abc import Iterator

from datatracing.model.link import Link
from datatracing_dagster.links.asset import read_assets
from datatracing_dagster.links.automation import automation
from datatracing_dagster.links.backfill import backfill
from datatracing_dagster.links.propagated import caused_by, traceparent
from datatracing_dagster.links.rerun import rerun
from datatracing_dagster.links.tick import ticked
from datatracing_dagster.records import Records


def found(records: Records, namespace: str) -> Iterator[Link]:
    """All links of one run to its causes. The effects name theirs when they are read."""
    yield from rerun(records, namespace)
    yield from backfill(records, namespace)
    yield from traceparent(records, namespace)
    yield from caused_by(records, namespace)
    yield from ticked(records, namespace)
    read = list(read_assets(records, namespace))
    yield from read
    yield from automation(records, read)
