"""Runs, pipelines and assets by the numbers that stand for them inside the database.

Two transactions may want to number the same names. Names are always inserted in their own order, pipelines before runs
before assets, so that the two wait for one another at most in one direction.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, select

from datatracing.model.ids import digest
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing.store.sql.dialect import insert_into
from datatracing.store.sql.summaries import summaries, summary_row
from datatracing.store.sql.tables import assets, pipelines, runs
from datatracing.store.summary import RunSummary
from datatracing.store.trace_key import trace_key

T = TypeVar("T")
PipelineName = tuple[str, str, str]
PORTION = 500
"""Values per statement. The oldest SQLite builds take 999."""


def portions(values: Iterable[T]) -> Iterator[list[T]]:
    """All values, at most PORTION at a time."""
    left = iter(values)
    while portion := list(islice(left, PORTION)):
        yield portion


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert what is not there yet, by any unique key; how many rows were new."""
    if not rows:
        return 0
    statement = insert_into(connection, table).on_conflict_do_nothing()
    return connection.execution_options(preserve_rowcount=True).execute(statement, rows).rowcount


def pipeline_numbers(connection: Connection, refs: Iterable[RunRef]) -> dict[PipelineName, int]:
    """Numbers by (orchestrator, namespace, name), given out where there were none."""
    names = sorted({pipeline_name(ref) for ref in refs})
    known = _known_pipelines(connection, names)
    missing = [name for name in names if name not in known]
    insert_new(
        connection,
        pipelines,
        [{"orchestrator": orchestrator, "namespace": space, "name": name} for orchestrator, space, name in missing],
    )
    return known | _known_pipelines(connection, missing)


def pipeline_name(ref: RunRef) -> PipelineName:
    """What makes a pipeline the same one."""
    return ref.orchestrator, ref.namespace, ref.pipeline


def run_numbers(
    connection: Connection, refs: Iterable[RunRef], of_pipeline: Mapping[PipelineName, int]
) -> dict[str, int]:
    """Numbers by trace id. A run that was not known gets a row that only names it."""
    wanted = {ref.trace_id: ref for ref in refs}
    known = _known_runs(connection, wanted)
    missing = sorted(wanted.keys() - known.keys())
    named = [_named_only(ref, of_pipeline[pipeline_name(ref)]) for ref in map(wanted.__getitem__, missing)]
    insert_new(connection, runs, named)
    return known | _known_runs(connection, missing)


def asset_numbers(connection: Connection, uris: Iterable[str]) -> dict[str, int]:
    """Numbers by URI, given out where there were none."""
    keys = {bytes.fromhex(digest(uri, size=16)): uri for uri in uris}
    known = _known_assets(connection, keys)
    missing = sorted(keys.keys() - known.keys())
    insert_new(connection, assets, [{"digest": key, "uri": keys[key]} for key in missing])
    known |= _known_assets(connection, missing)
    return {keys[key]: number for key, number in known.items()}


def _named_only(ref: RunRef, pipeline_id: int) -> dict[str, Any]:
    return {**summary_row(RunSummary(ref, State.LOST), pipeline_id), "state": None}


def _known_pipelines(connection: Connection, names: Iterable[PipelineName]) -> dict[PipelineName, int]:
    found: dict[PipelineName, int] = {}
    columns = (pipelines.c.orchestrator, pipelines.c.namespace, pipelines.c.name)
    for portion in portions(sorted({name for _, _, name in names})):
        for row in connection.execute(select(*columns, pipelines.c.id).where(pipelines.c.name.in_(portion))):
            found[row.orchestrator, row.namespace, row.name] = row.id
    return found


def _known_runs(connection: Connection, trace_ids: Iterable[str]) -> dict[str, int]:
    query = select(runs.c.trace_id, runs.c.run_no)
    return {
        row.trace_id.hex(): row.run_no
        for portion in portions(map(trace_key, trace_ids))
        for row in connection.execute(query.where(runs.c.trace_id.in_(portion)))
    }


def identities(connection: Connection, trace_ids: Iterable[str]) -> dict[str, RunRef]:
    """The runs that something of their own is stored of, under exactly these ids."""
    query = summaries().with_only_columns(
        runs.c.trace_id, pipelines.c.orchestrator, pipelines.c.namespace, pipelines.c.name, runs.c.run_id
    )
    return {
        key.hex(): RunRef(*names)
        for portion in portions(map(trace_key, trace_ids))
        for key, *names in connection.execute(query.where(runs.c.trace_id.in_(portion)))
    }


def _known_assets(connection: Connection, keys: Iterable[bytes]) -> dict[bytes, int]:
    return {
        row.digest: row.id
        for portion in portions(keys)
        for row in connection.execute(select(assets.c.digest, assets.c.id).where(assets.c.digest.in_(portion)))
    }
