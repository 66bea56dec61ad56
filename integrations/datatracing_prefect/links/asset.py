"""The runs that wrote the assets which this run read. Prefect does not say which one it was: it was the last before."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

from datatracing.model.clock import rfc3339
from datatracing.model.link import Access, Confidence, Direction, Link, LinkKind
from datatracing_prefect.assets import WROTE, Use, read_uses, related
from datatracing_prefect.links.ends import other
from datatracing_prefect.records import Records


async def read_assets(records: Records, namespace: str) -> AsyncIterator[Link]:
    """Each asset once, however many tasks read it."""
    for use in _first_reads(read_uses(records.assets)):
        for event in await records.rest.events(_written_before(use), 1):
            end = await other(records, next(related(event, "flow-run"), ""), namespace)
            if end is not None:
                evidence = f"asset {use.uri}: the last materialization before it was read"
                yield Link(LinkKind.ASSET, Direction.UP, end, evidence, Confidence.INFERRED)


def _first_reads(uses: Iterable[Use]) -> list[Use]:
    found: dict[str, Use] = {}
    for use in uses:
        if use.access is Access.READ:
            found.setdefault(use.key, use)
    return list(found.values())


def _written_before(use: Use) -> dict[str, Any]:
    return {
        "event": {"name": [WROTE]},
        "resource": {"id": [use.key]},
        "occurred": {"since": rfc3339(use.at - LOOK_BACK), "until": rfc3339(use.at)},
        "order": "DESC",
    }


LOOK_BACK = 180 * 86_400 * 1_000_000
"""Microseconds. Prefect keeps events for some days by default, and here for as long as it lets anybody ask."""
