"""Lists of runs: which, in what order, a page at a time.

Pipelines are looked up first. With their numbers in the query the database knows how many runs to expect and takes the
right index; with a join or a subquery it guesses.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, select, tuple_

from datatracing.model.states import State
from datatracing.store.glob import ESCAPE, Glob
from datatracing.store.paging import NEVER, Position, checked_limit, position
from datatracing.store.port import Page, RunFilter
from datatracing.store.sql.summaries import read_summary, summaries
from datatracing.store.sql.tables import UNUSUAL, pipelines, runs


def page(connection: Connection, where: RunFilter, limit: int, cursor: str | None) -> Page:
    """See Store.runs."""
    query = summaries().where(*_conditions(where)).order_by(runs.c.order_at.desc(), runs.c.run_no.desc())
    if cursor is not None:
        after = position(cursor)
        query = query.where(tuple_(runs.c.order_at, runs.c.run_no) < (after.started_at, after.number))
    if (numbers := _pipelines(connection, where)) is not None:
        # Written into the statement: databases limit the number of parameters, and there may be many pipelines.
        query = query.where(
            runs.c.pipeline_id.in_(bindparam("pipelines", numbers, expanding=True, literal_execute=True))
        )
    rows = connection.execute(query.limit(checked_limit(limit) + 1)).all()
    more = Position(rows[limit - 1].order_at, rows[limit - 1].run_no).cursor() if len(rows) > limit else None
    return Page(tuple(read_summary(row) for row in rows[:limit]), more)


def _conditions(where: RunFilter) -> "list[ColumnElement[bool]]":
    conditions: list[Any] = []
    if where.run_key is not None:
        conditions.append(runs.c.run_key == where.run_key)
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


def _pipelines(connection: Connection, where: RunFilter) -> list[int] | None:
    """The numbers of the pipelines that the filter allows; None when it allows all."""
    conditions = _pipeline_conditions(where, connection.dialect.name)
    if not conditions and where.pipelines is None:
        return None
    names = (pipelines.c.orchestrator, pipelines.c.namespace, pipelines.c.name)
    found = connection.execute(select(pipelines.c.id, *names).where(*conditions))
    return [number for number, *name in found if where.pipelines is None or tuple(name) in where.pipelines]


def _pipeline_conditions(where: RunFilter, dialect: str) -> "list[ColumnElement[bool]]":
    conditions: list[Any] = []
    if where.orchestrator is not None:
        conditions.append(pipelines.c.orchestrator == where.orchestrator)
    if where.namespace is not None:
        conditions.append(pipelines.c.namespace == where.namespace)
    if where.pipeline is not None:
        conditions.append(_named_like(Glob(where.pipeline), dialect))
    return conditions


def _named_like(glob: Glob, dialect: str) -> "ColumnElement[bool]":
    name = pipelines.c.name
    if glob.exact:
        return name == glob.text
    return name.like(glob.like, escape=ESCAPE) if dialect == "postgresql" else name.op("GLOB")(glob.sqlite)
