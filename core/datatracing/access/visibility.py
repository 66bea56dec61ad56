"""What one reader may see. Law 8: every path, link ends, counts and search included.

Every read takes such a set, so that the collector's own API and one mounted into an orchestrator share one rule.
"""

from collections.abc import Iterable

from datatracing.model.link import Link
from datatracing.model.run import RunRef

Pipelines = frozenset[tuple[str, str, str]] | None
"""Exact (orchestrator, namespace, pipeline) names. None is everything, the empty set is nothing."""

NOTHING: frozenset[tuple[str, str, str]] = frozenset()


def may_see(visible: Pipelines, run: RunRef) -> bool:
    """Whether this reader may know that the run exists."""
    return visible is None or (run.orchestrator, run.namespace, run.pipeline) in visible


def visible_links(visible: Pipelines, links: Iterable[Link]) -> list[Link]:
    """Links whose other end this reader may see. A link that is hidden is not counted either."""
    return [link for link in links if may_see(visible, link.run)]
