"""Prefect's final record of a flow run as a manifest. Law 4: this is the truth at completion."""

from collections.abc import Iterable, Iterator
from typing import Any

from datatracing.model.event import ErrorInfo, Times
from datatracing.model.link import Dependency, Link
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.states import State
from datatracing_prefect import assets
from datatracing_prefect.links.propagated import otel_trace_id
from datatracing_prefect.mapping import error_info, inputs, micros, run_ref, span_key, untracked
from datatracing_prefect.operations import operations
from datatracing_prefect.records import Records, left_running, moment
from datatracing_prefect.rest import Plain
from datatracing_prefect.states import UNTOLD
from datatracing_prefect.tries import Try, closed, read_tries


def read_manifest(
    records: Records,
    namespace: str,
    links: Iterable[Link] = (),
    *,
    observed_at: int,
    given_up: bool = False,
    lost: bool = False,
) -> Manifest:
    """Every attempt of every task run, those that never ran included, with edges, times, operations and links.

    `given_up`: nothing more will be heard of task runs that are open. Of those that Prefect still calls running though
    their flow is over, nothing may ever be; they are lost until they say otherwise. `lost`: Prefect does not say that
    the run is over, and nobody has heard of it for too long.
    """
    run, state = records.run, State.LOST if lost else records.state
    alias = otel_trace_id(run)
    return Manifest(
        run=run_ref(records.flow_name, records.run_id, namespace),
        state=state,
        raw_state=run["state_name"],
        observed_at=observed_at,
        times=_times(records, lost=lost),
        attempts=tuple(_attempts(records, state, given_up=given_up or lost)),
        dependencies=tuple(dict.fromkeys(_dependencies(records))),
        links=tuple(links),
        attributes=run_attributes(records),
        error=error_info(run["state_name"], run["state"]["message"]) if state.failing and not lost else None,
        aliases=(alias,) if alias else (),
        operations=operations(moment(each) for each in records.states),
    )


def run_attributes(records: Records) -> dict[str, Any]:
    """What people look for in a run, without what they gave it: parameters by name only."""
    run, deployment = records.run, records.deployment
    found = {
        "prefect.flow_run": run["name"],
        "prefect.flow_version": run["flow_version"],
        "prefect.tags": sorted(run["tags"] or ()),
        "prefect.parameters": sorted(run["parameters"] or ()),
        "prefect.deployment": run["deployment_id"],
        "prefect.deployment_name": deployment["name"] if deployment else None,
        "prefect.deployment_version": run.get("deployment_version"),
        "prefect.work_pool": run["work_pool_name"],
        "prefect.work_queue": run["work_queue_name"],
        "prefect.infrastructure_pid": run["infrastructure_pid"],
        "prefect.created_by": (run["created_by"] or {}).get("display_value"),
        "prefect.auto_scheduled": run["auto_scheduled"],
        "prefect.run_count": run["run_count"] if run["run_count"] > 1 else None,
    }
    return {name: value for name, value in found.items() if value}


def task_attributes(task_run: Plain) -> dict[str, Any]:
    """Of every attempt of a task run."""
    found = {
        "prefect.task_run": task_run["name"],
        "prefect.task_version": task_run["task_version"],
        "prefect.tags": sorted(task_run["tags"] or ()),
        "prefect.flow_run_attempt": task_run["flow_run_run_count"] if task_run["flow_run_run_count"] > 1 else None,
    }
    return {name: value for name, value in found.items() if value}


def attempts_of(
    task_run: Plain, name: str, tries: Iterable[Try], used: tuple[Any, ...] = (), *, edges_known: bool = True
) -> Iterator[Attempt]:
    """The assets are those of the last attempt: one that failed has materialized nothing."""
    every = list(tries)
    for each in every:
        yield Attempt(
            span_key(name, task_run["id"], each.number),
            each.state,
            each.raw_state,
            each.times,
            reports=False,
            attributes=task_attributes(task_run),
            error=_error(each),
            assets=used if each is every[-1] else (),
            edges_known=edges_known,
        )


def _error(attempt: Try) -> ErrorInfo | None:
    if attempt.state is State.LOST:
        return UNTOLD
    wrong = attempt.state.failing or (attempt.state is State.RETRIED and attempt.message)
    return error_info(attempt.raw_state, attempt.message) if wrong else None


def _times(records: Records, *, lost: bool) -> Times:
    run = records.run
    ended = records.last_heard if lost else micros(run["end_time"])
    return Times(micros(run["expected_start_time"]), None, micros(run["start_time"]), ended)


def _attempts(records: Records, ended: State, *, given_up: bool) -> Iterator[Attempt]:
    """`ended` is how the run ended."""
    used = assets.by_task_run(assets.read_uses(records.assets))
    known = _edges_known(records)
    for each in records.task_runs:
        tries = read_tries(records.histories[each["id"]])
        tries = closed(tries, ended) if given_up or left_running(each) else tries
        name, uses = records.names[each["id"]], used.get(each["id"], ())
        yield from attempts_of(each, name, tries, uses, edges_known=known[each["id"]])


def _dependencies(records: Records) -> Iterator[Dependency]:
    """Prefect names the results that a task run was given: those of task runs, and of the subflows it had called."""
    for each in records.task_runs:
        for kind, found in inputs(each["task_inputs"]):
            upstream = records.calls.get(found, "") if kind == "flow_run" else found
            if upstream in records.names and upstream != each["id"]:
                yield Dependency(
                    records.names[upstream],
                    records.names[each["id"]],
                    upstream_key=upstream,
                    downstream_key=each["id"],
                )


def _edges_known(records: Records) -> dict[str, bool]:
    """See `untracked`: a value that Prefect cannot place may be a result that it could not follow."""
    lost = sorted(
        (micros(each["state"]["timestamp"]) or 0, each["id"])
        for each in records.task_runs
        if each["state"]["state_details"].get("untrackable_result")
    )
    return {
        each["id"]: not (untracked(each["task_inputs"]) and _before(each, lost, records)) for each in records.task_runs
    }


def _before(task_run: Plain, lost: list[tuple[int, str]], records: Records) -> bool:
    called = records.histories[task_run["id"]][0].at
    return any(at <= called for at, other in lost[:2] if other != task_run["id"])
