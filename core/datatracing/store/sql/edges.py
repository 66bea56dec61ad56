"""Links as rows. Each end of an edge has a row of its own for what it said, so neither can take back the other's words,
and it does not matter who is sealed first. A reader sees the stronger of the two."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, and_, case, delete, insert, or_, select

from datatracing.model.link import Confidence, Direction, Link, LinkKind
from datatracing.store.edges import strongest
from datatracing.store.sql.summaries import read_ref
from datatracing.store.sql.tables import links, pipelines, runs

# These numbers are in people's databases: new ones are added, none ever changes.
KIND_CODES = {
    LinkKind.TRIGGERED: 1,
    LinkKind.ASSET: 2,
    LinkKind.WAITED_FOR: 3,
    LinkKind.RERUN_OF: 4,
    LinkKind.BACKFILL_OF: 5,
    LinkKind.CHILD: 6,
    LinkKind.PROPAGATED: 7,
}
_KINDS = {code: kind for kind, code in KIND_CODES.items()}
CAUSE, EFFECT = 1, 2


def replace_links(connection: Connection, number: int, said: Iterable[Link], numbers: Mapping[str, int]) -> None:
    """From now on the run `number` says exactly this. `numbers` has every run at the other ends, by trace id."""
    ours = or_(
        and_(links.c.src == number, links.c.said_by == CAUSE),
        and_(links.c.dst == number, links.c.said_by == EFFECT),
    )
    connection.execute(delete(links).where(ours))
    if rows := [_row(link, number, numbers[link.run.trace_id]) for link in strongest(said)]:
        connection.execute(insert(links), rows)


def links_of(connection: Connection, number: int) -> list[Link]:
    """Every edge that touches the run, as it sees it."""
    other = case((links.c.dst == number, links.c.src), else_=links.c.dst)
    query = (
        select(links, pipelines.c.orchestrator, pipelines.c.namespace, pipelines.c.name, runs.c.run_id)
        .join(runs, runs.c.run_no == other)
        .join(pipelines, pipelines.c.id == runs.c.pipeline_id)
        .where(or_(links.c.src == number, links.c.dst == number))
    )
    return strongest(_link(row, number) for row in connection.execute(query))


def _row(link: Link, number: int, other: int) -> dict[str, Any]:
    up = link.direction is Direction.UP
    return {
        "src": other if up else number,
        "dst": number if up else other,
        "kind": KIND_CODES[link.kind],
        "said_by": EFFECT if up else CAUSE,
        "evidence": link.evidence,
        "confidence": link.confidence.value,
    }


def _link(row: "Row[Any]", number: int) -> Link:
    direction = Direction.UP if row.dst == number else Direction.DOWN
    return Link(_KINDS[row.kind], direction, read_ref(row), row.evidence, Confidence(row.confidence))
