"""Which other runs caused this one, and which it caused, found in what Prefect keeps anyway. A kind of link per file.

A run or event that Prefect has deleted since yields no link, and never an error. A rerun by hand, a flow's retry and a
suspension leave a run its id, so there is no other run to link to: they are operations of the run, and its epochs.
"""

from collections.abc import AsyncIterator

from datatracing.model.link import Link
from datatracing_prefect.links.asset import read_assets
from datatracing_prefect.links.automation import automation
from datatracing_prefect.links.child import children, parent
from datatracing_prefect.links.propagated import given, same_trace
from datatracing_prefect.records import Records


async def found(records: Records, namespace: str) -> list[Link]:
    """All links of one flow run."""
    kinds = (parent, children, automation, given, same_trace, read_assets)
    return [link for kind in kinds async for link in _typed(kind(records, namespace))]


def _typed(links: AsyncIterator[Link]) -> AsyncIterator[Link]:
    return links
