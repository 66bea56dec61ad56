"""What can be known about a run that is not in the store."""

from collections.abc import Callable
from typing import Any

from datatracing.model import ids
from datatracing.model.run import RunName, parse_run
from datatracing.query.stages import NAMED, Stage, Status, count, moment
from datatracing.store.search import Page, RunFilter

Runs = Callable[[RunFilter, int], Page]
"""Lists run summaries: a store's or a connection's `runs`."""

LOOKED_AT = 200
"""How many runs are looked at to find the names of namespaces and pipelines."""


def expected_trace_id(text: str, namespace: str) -> str:
    """The id that the run has, or would have in this namespace (law 2). BadInputError when the text is no run."""
    wanted = parse_run(text)
    if isinstance(wanted, str):
        return wanted
    return ids.trace_id(wanted.orchestrator, namespace, wanted.pipeline, wanted.run_id)


def absence(text: str, namespace: str, runs: Runs, here: Stage) -> dict[str, Any]:
    """The why document of a run that the store does not have. `here` is what this host's own spool says."""
    wanted = parse_run(text)
    stored = _pipeline(wanted, runs) if isinstance(wanted, RunName) else _anything(runs)
    found = [here, stored]
    if isinstance(wanted, RunName):
        found.append(_namespace(wanted, namespace, runs))
    reason = next((stage.says for stage in found if stage.status is not Status.OK), "it has never been received")
    return {
        "trace_id": expected_trace_id(text, namespace),
        "run": None if isinstance(wanted, str) else text,
        "namespace": namespace,
        "state": None,
        "fate": None,
        "reason": reason,
        "withheld": [],
        "stages": [stage.document() for stage in found],
    }


def _anything(runs: Runs) -> Stage:
    newest = runs(RunFilter(), 1).runs
    if not newest:
        return Stage("store", Status.PROBLEM, "the store holds no run at all: has it ever been written to?")
    says = (
        f"the store does not have it; its newest run is {newest[0].run.name}, from {moment(newest[0].times.started_at)}"
    )
    return Stage("store", Status.UNKNOWN, says)


def _pipeline(wanted: RunName, runs: Runs) -> Stage:
    """Whether the store knows the pipeline, and so whether its tasks report here at all."""
    page = runs(RunFilter(wanted.orchestrator, pipeline=wanted.pipeline), LOOKED_AT)
    same = [run for run in page.runs if run.run.pipeline == wanted.pipeline]
    if not same:
        return _other_pipelines(wanted, runs)
    newest, more = same[0], " or more" if page.cursor else ""
    says = (
        f"the store has {count(len(same), 'run')}{more} of {wanted.pipeline}, but not this one; "
        f"the newest is {newest.run.run_id}, from {moment(newest.times.started_at)}"
    )
    return Stage("store", Status.UNKNOWN, says, {"newest": newest.run.name})


def _other_pipelines(wanted: RunName, runs: Runs) -> Stage:
    names = sorted({run.run.pipeline for run in runs(RunFilter(wanted.orchestrator), LOOKED_AT).runs})
    if not names:
        return _anything(runs)
    known = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
    return Stage("store", Status.PROBLEM, f"the store has no run of {wanted.pipeline}; it knows {known}")


def _namespace(wanted: RunName, namespace: str, runs: Runs) -> Stage:
    """Under another namespace the same run has another trace id, so a wrong setting looks like an absent run."""
    names = sorted({run.run.namespace for run in runs(RunFilter(wanted.orchestrator), LOOKED_AT).runs})
    facts = {"here": namespace, "stored": names}
    if not names or namespace in names:
        return Stage("namespace", Status.OK, f"this host writes into the namespace {namespace}", facts)
    says = f"this host writes into the namespace {namespace}; the store has runs of {', '.join(names)} only"
    return Stage("namespace", Status.PROBLEM, says, facts)
