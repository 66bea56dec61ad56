"""An edge between two runs can be told by both of its ends. Each end keeps its own statement; a reader gets one."""

from collections.abc import Iterable
from dataclasses import replace

from datatracing.model.link import Confidence, Direction, Link
from datatracing.model.run import RunRef

_OPPOSITE = {Direction.UP: Direction.DOWN, Direction.DOWN: Direction.UP}


def strongest(links: Iterable[Link]) -> list[Link]:
    """Each edge once, in a fixed order. Exact beats inferred, and after that the text decides, never who came first."""
    best: dict[tuple[str, str, str], Link] = {}
    for link in links:
        edge = (link.kind.value, link.direction.value, link.run.trace_id)
        if edge not in best or _weight(link) > _weight(best[edge]):
            best[edge] = link
    return [best[edge] for edge in sorted(best)]


def from_other_end(link: Link, reporter: RunRef) -> Link:
    """What `reporter` said about its edge, as the run at the other end sees it."""
    return replace(link, direction=_OPPOSITE[link.direction], run=reporter)


def _weight(link: Link) -> tuple[bool, str]:
    return link.confidence is Confidence.EXACT, link.evidence
