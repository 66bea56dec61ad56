"""From what a person typed to a trace id."""

from datatracing.access.visibility import Visibility
from datatracing.errors import BadInputError, NotFoundError
from datatracing.model.run import RunName, parse_run
from datatracing.query.trace import no_such_run
from datatracing.store.port import Store
from datatracing.store.search import RunFilter
from datatracing.store.summary import RunSummary

NAMED = 5
"""How many candidates an error names."""


def find(store: Store, run: str, visibility: Visibility) -> str:
    """The trace id behind a trace id, a foreign alias of one, or `airflow:DAG_ID/RUN_ID`.

    NotFoundError when there is none that this reader may see, BadInputError when the text is not a run at all or when
    several installations have a run of this name.
    """
    wanted = parse_run(run)
    if isinstance(wanted, str):
        return _by_id(store, wanted, visibility)
    candidates = _by_name(store, wanted, visibility)
    if not candidates:
        raise NotFoundError(f"no run {run} is stored: `datatracing why` says what is known about it")
    if len(candidates) > 1:
        raise BadInputError(f"{run} is a run in {len(candidates)} namespaces, give its trace id: {_named(candidates)}")
    return candidates[0].trace_id


def _by_id(store: Store, trace_id: str, visibility: Visibility) -> str:
    summary = store.run(trace_id, visibility)
    if summary is None:
        raise no_such_run(trace_id)
    return summary.trace_id


def _by_name(store: Store, name: RunName, visibility: Visibility) -> list[RunSummary]:
    """A pipeline's name taken as a glob can match others as well, so only exact names count."""
    where = RunFilter(name.orchestrator, pipeline=name.pipeline, run_id=name.run_id, visibility=visibility)
    found: list[RunSummary] = []
    cursor: str | None = None
    while True:
        page = store.runs(where, 100, cursor)
        found += [run for run in page.runs if (run.run.pipeline, run.run.run_id) == (name.pipeline, name.run_id)]
        if page.cursor is None:
            return found
        cursor = page.cursor


def _named(candidates: list[RunSummary]) -> str:
    named = [f"{run.trace_id} (namespace {run.run.namespace})" for run in candidates[:NAMED]]
    return ", ".join(named) + (" and more" if len(candidates) > NAMED else "")
