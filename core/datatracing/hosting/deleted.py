"""Runs that an orchestrator has deleted: they end too, and are not open for ever."""

from typing import TYPE_CHECKING

from datatracing.model import clock, ids
from datatracing.model.event import Times
from datatracing.model.manifest import Manifest
from datatracing.model.states import State
from datatracing.store.search import RunFilter
from datatracing.store.summary import RunSummary

if TYPE_CHECKING:
    from datatracing.connection import Connection

PAGE = 500
"""Open runs that are looked at, the newest."""


def close_deleted(connection: "Connection", trace_id: str) -> bool:
    """Seal a run that the orchestrator has no more, if the store has it and it is open; whether it was."""
    known = connection.summaries([trace_id]).get(trace_id)
    if known is None or known.verdict is not None:
        return False
    now = clock.now()
    connection.complete(Manifest(known.run, State.REMOVED, "deleted", now, Times(ended_at=now), whole=False))
    return True


def open_runs(connection: "Connection", orchestrator: str, namespace: str) -> list[RunSummary]:
    """The newest runs of this installation that nobody has ended yet, without those whose names are veiled: nobody can
    ask the orchestrator for them."""
    where = RunFilter(orchestrator, namespace, state=State.RUNNING)
    found = [run for run in connection.runs(where, PAGE).runs if run.verdict is None]
    return [run for run in found if not any(map(ids.VEILED.search, (run.run.pipeline, run.run.run_id)))]
