"""Lists of runs: which, in what order, a page at a time.

Pipelines are looked up first. With their numbers in the query the database knows how many runs to expect and takes the
right index; with a join or a subquery it guesses.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, false, select, tuple_

from datatracing.access.visibility import Level
from datatracing.model.states import State
from datatracing.store.glob import ESCAPE, Glob
from datatracing.store.paging import LAST, NEVER, Place, checked_limit, place, place_of
from datatracing.store.search import Page, RunFilter
from datatracing.store.sql.summaries import read_summary, summaries
from datatracing.store.sql.tables import UNUSUAL, pipelines, runs
from datatracing.store.trace_key import trace_key


def page(connection: Connection, where: RunFilter, numbers: list[int] | None, limit: int, cursor: str | None) -> Page:
    """See Store.runs. `numbers` are the pipelines to look at, None is all of them."""
    query = summaries().where(*_conditions(where)).order_by(runs.c.order_at.desc(), runs.c.run_no.desc())
    if cursor is not None:
        query = query.where(tuple_(runs.c.order_at, runs.c.run_no) < _after(connection, place(cursor), numbers))
    if numbers is not None:
        # Written into the statement: databases limit the number of parameters, and there may be many pipelines.
        query = query.where(
            runs.c.pipeline_id.in_(bindparam("pipelines", numbers, expanding=True, literal_execute=True))
        )
    found = [read_summary(row) for row in connection.execute(query.limit(checked_limit(limit) + 1))]
    return Page(tuple(found[:limit]), place_of(found[limit - 1]).cursor() if len(found) > limit else None)


def named(connection: Connection, where: RunFilter) -> dict[int, str]:
    """The pipelines that the filter allows, by number, of the installation that the reader may see."""
    query = select(pipelines.c.id, pipelines.c.name).where(*_pipeline_conditions(where, connection.dialect.name))
    return {row.id: row.name for row in connection.execute(query)}


def numbers(connection: Connection, where: RunFilter) -> list[int] | None:
    """The same without names; None when that is all pipelines there are."""
    conditions = _pipeline_conditions(where, connection.dialect.name)
    return list(connection.scalars(select(pipelines.c.id).where(*conditions))) if conditions else None


def _after(connection: Connection, at: Place, numbers: list[int] | None) -> tuple[int, int]:
    """Behind this run; behind nothing of its moment where it is none of those listed, whether or not there is one."""
    query = select(runs.c.run_no, runs.c.pipeline_id).where(runs.c.trace_id == trace_key(at.trace_id))
    row = connection.execute(query).first()
    listed = row is not None and (numbers is None or row.pipeline_id in numbers)
    return at.order_at, row.run_no if row is not None and listed else LAST


def _conditions(where: RunFilter) -> "list[ColumnElement[bool]]":
    conditions: list[Any] = []
    if where.run_id is not None:
        conditions.append(runs.c.run_id == where.run_id)
    if where.state is not None:
        conditions.append(runs.c.state == where.state.value)
        if where.state is not State.SUCCESS:
            conditions.append(UNUSUAL)
    if where.since is not None:
        # By the column that the list is ordered by, so that the search ends where the list does.
        conditions.append(runs.c.order_at >= max(where.since, NEVER + 1))
    if where.slower_than is not None:
        conditions.append(runs.c.duration > where.slower_than)
    return conditions


def _pipeline_conditions(where: RunFilter, dialect: str) -> "list[ColumnElement[bool]]":
    seen = where.visibility
    wanted = (
        (pipelines.c.orchestrator, where.orchestrator),
        (pipelines.c.namespace, where.namespace),
        (pipelines.c.orchestrator, seen.orchestrator or None),
        (pipelines.c.namespace, seen.namespace or None),
    )
    conditions: list[Any] = [column == value for column, value in wanted if value is not None]
    if where.pipeline is not None:
        conditions.append(_named_like(Glob(where.pipeline), dialect))
    if seen.most < Level.RUN:
        conditions.append(false())
    return conditions


def _named_like(glob: Glob, dialect: str) -> "ColumnElement[bool]":
    name = pipelines.c.name
    if glob.exact:
        return name == glob.text
    return name.like(glob.like, escape=ESCAPE) if dialect == "postgresql" else name.op("GLOB")(glob.sqlite)
