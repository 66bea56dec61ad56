"""What Dagster's own storage says about a run. Plain SQL and JSON, none of our code and none of Dagster's."""

import json
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.conformance.account import Account, Attempt, Edge, LinkEnd, Times

RUN_STATES = {"SUCCESS": "success", "FAILURE": "failed", "CANCELED": "cancelled", "STARTED": "lost"}
STARTS = {"STEP_START", "STEP_RESTARTED"}
ENDS = {"STEP_SUCCESS": "success", "STEP_FAILURE": "failed", "STEP_UP_FOR_RETRY": "retried", "STEP_SKIPPED": "skipped"}
UNMADE = "RESOURCE_INIT_FAILURE"
"""All that Dagster 1.9 says of a step whose resources could not be made in its process."""
INTERRUPTION = "DagsterExecutionInterruptedError"
CRASH = "ChildProcessCrashException"


class Oracle:
    """Reads one SQLite instance, which may be in use."""

    def __init__(self, home: Path) -> None:
        self.history = home / "history"

    def account(self, run_id: str) -> Account:
        """Everything about one run, as of now."""
        run, events = self._run(run_id), self._events(run_id)
        plan = self._plan(run)
        steps = _by_step(events)
        attempts = [attempt for key, of_step in steps.items() for attempt in _attempts(key, of_step, run["status"])]
        planned = _planned(plan, events)
        return Account(
            orchestrator="dagster",
            pipeline=run["pipeline_name"],
            run_id=run_id,
            state=RUN_STATES[run["status"]],
            raw_state=run["status"],
            times=Times(started_at=_micros(run["start_time"]), ended_at=_micros(run["end_time"])),
            attempts=(*attempts, *_never(planned, attempts, plan, run["status"])),
            edges=frozenset(_edges(plan)),
            links=frozenset(self._links(run)),
        )

    def runs(self, job: str) -> list[str]:
        """Ids of all runs of a job, oldest first."""
        rows = self._rows(self.history / "runs.db", "SELECT run_id FROM runs WHERE pipeline_name = ? ORDER BY id", job)
        return [row["run_id"] for row in rows]

    def _run(self, run_id: str) -> dict[str, Any]:
        [run] = self._rows(self.history / "runs.db", "SELECT * FROM runs WHERE run_id = ?", run_id)
        return {**run, "body": json.loads(run["run_body"])}

    def _events(self, run_id: str) -> list[dict[str, Any]]:
        rows = self._rows(self.history / "runs" / f"{run_id}.db", "SELECT * FROM event_logs ORDER BY id")
        return [{**row, "event": json.loads(row["event"])} for row in rows if row["dagster_event_type"]]

    def _plan(self, run: dict[str, Any]) -> dict[str, Any]:
        name = run["body"]["execution_plan_snapshot_id"]
        [row] = self._rows(
            self.history / "runs.db", "SELECT snapshot_body AS b FROM snapshots WHERE snapshot_id = ?", name
        )
        return json.loads(zlib.decompress(row["b"]))

    def _links(self, run: dict[str, Any]) -> set[LinkEnd]:
        """Who was executed again, and who read an asset of whom; the other kinds have tests of their own."""
        return {
            LinkEnd(kind, way, f"dagster:{self._run(other)['pipeline_name']}/{other}")
            for kind, way, other in (*self._reruns(run), *self._reads(run["run_id"]))
        }

    def _reruns(self, run: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
        for row in self._rows(self.history / "runs.db", "SELECT run_id, run_body FROM runs"):
            if json.loads(row["run_body"])["parent_run_id"] == run["run_id"]:
                yield "rerun_of", "down", row["run_id"]
        if parent := run["body"]["parent_run_id"]:
            yield "rerun_of", "up", parent

    def _reads(self, run_id: str) -> Iterator[tuple[str, str, str]]:
        """A materialization is tagged with the numbers of the events whose assets it was made from."""
        rows = self._rows(self.history / "runs" / "index.db", "SELECT id, run_id, event FROM event_logs")
        runs = {str(row["id"]): row["run_id"] for row in rows}
        for row in rows:
            made = (json.loads(row["event"])["dagster_event"] or {}).get("event_specific_data") or {}
            tags = made.get("materialization", {}).get("tags", {})
            writers = {runs.get(value) for tag, value in tags.items() if "input_event_pointer" in tag} - {row["run_id"]}
            if row["run_id"] == run_id:
                yield from (("asset", "up", writer) for writer in writers if writer)
            elif run_id in writers:
                yield "asset", "down", row["run_id"]

    @staticmethod
    def _rows(database: Path, query: str, *values: Any) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]


def _by_step(events: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    steps = defaultdict(list)
    for event in events:
        if event["step_key"]:
            steps[event["step_key"]].append(event)
    return {
        key: of_step for key, of_step in steps.items() if any(_kind(e) in {*STARTS, *ENDS, UNMADE} for e in of_step)
    }


def _attempts(key: str, events: list[dict[str, Any]], status: str) -> list[Attempt]:
    """One slice of the step's events per start or end without a start."""
    task, map_key = _split(key)
    found: list[Attempt] = []
    launched = worker = unmade = None
    begun: dict[str, Any] | None = None
    for event in events:
        kind, at = _kind(event), _micros(event["event"]["timestamp"])
        if kind == "STEP_WORKER_STARTING":
            launched = at
        elif kind == "STEP_WORKER_STARTED":
            worker = at
        elif kind == UNMADE:
            unmade = at
        elif kind in STARTS:
            begun = {"started_at": at, "queued_at": launched}
            launched = worker = None
        elif kind == "STEP_SKIPPED":
            found.append(Attempt(task, -1, 0, "skipped", "SKIPPED", Times(ended_at=at), map_key))
        elif kind in ENDS:
            begun = begun or {"started_at": worker or launched or at, "queued_at": launched}
            launched = worker = None
            state, raw = _ended(kind, event, status)
            found.append(Attempt(task, -1, len(found) + 1, state, raw, Times(ended_at=at, **begun), map_key))
            begun = None
    return _closed(found, task, map_key, begun, (launched, worker, unmade), status)


def _closed(found: list[Attempt], task: str, map_key: str, begun: Any, waiting: Any, status: str) -> list[Attempt]:
    """What the last events leave open, in a run that ended with this status."""
    launched, worker, unmade = waiting
    if begun is not None:
        state = "cancelled" if status == "CANCELED" else "lost"
        found.append(Attempt(task, -1, len(found) + 1, state, "STARTED", Times(**begun), map_key))
    if launched is not None and unmade is not None:
        times = Times(queued_at=launched, started_at=worker, ended_at=unmade)
        found.append(Attempt(task, -1, len(found) + 1, "failed", UNMADE, times, map_key))
    if found[-1].state == "retried":
        found[-1] = replace(found[-1], state="failed")
    return found


def _ended(kind: str, event: dict[str, Any], status: str) -> tuple[str, str]:
    names = set()
    error = (event["event"]["dagster_event"]["event_specific_data"] or {}).get("error")
    while error:
        names.add(error["cls_name"])
        error = error["cause"]
    interrupted = "cancelled" if status == "CANCELED" else "crashed"
    state = "crashed" if CRASH in names else interrupted if INTERRUPTION in names else ENDS[kind]
    return state, kind.removeprefix("STEP_")


def _planned(plan: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Tasks of the run, each with its mapping keys: an empty one where it is not mapped."""
    steps = {step["key"]: step for step in plan["steps"]}
    planned: dict[str, set[str]] = {}
    for key in plan["step_keys_to_execute"]:
        task, map_key = _split(key)
        root = _root(key, steps) if map_key == "?" else None
        planned.setdefault(task, set()).update(_keys(root, events) if root else {map_key})
    return planned


def _root(key: str, steps: dict[str, Any]) -> str:
    """The step whose output a mapped one maps over: up the chain until one that is not mapped."""
    ups = [h for i in steps[key]["inputs"] for h in i["upstream_output_handles"]]
    mapped = [h["step_key"] for h in ups if h["step_key"].endswith("[?]")]
    if mapped:
        return _root(mapped[0], steps)
    dynamic = {
        (step, output["name"])
        for step in steps
        for output in steps[step]["outputs"]
        if output["properties"]["is_dynamic"]
    }
    return next(h["step_key"] for h in ups if (h["step_key"], h["output_name"]) in dynamic)


def _keys(step: str, events: list[dict[str, Any]]) -> set[str]:
    """Those that its last attempt yielded."""
    own = [e for e in events if e["step_key"] == step]
    retries = [number for number, e in enumerate(own) if _kind(e) == "STEP_UP_FOR_RETRY"]
    outputs = [e for e in own[retries[-1] if retries else 0 :] if _kind(e) == "STEP_OUTPUT"]
    handles = [e["event"]["dagster_event"]["event_specific_data"]["step_output_handle"] for e in outputs]
    return {handle["mapping_key"] for handle in handles if handle["mapping_key"] is not None}


def _never(planned: dict[str, set[str]], attempts: list[Attempt], plan: dict[str, Any], status: str) -> list[Attempt]:
    """What was planned and left no event."""
    seen = {(attempt.task, attempt.map_key) for attempt in attempts}
    last = {(attempt.task, attempt.map_key): attempt.state for attempt in attempts}
    bad = {task for (task, _), state in last.items() if state in {"failed", "crashed", "lost"}}
    good = {task for (task, _), state in last.items() if state == "success"}
    otherwise = {"SUCCESS": "skipped", "CANCELED": "cancelled"}.get(status, "upstream_failed")
    found = []
    for task, keys in planned.items():
        state = "upstream_failed" if _before(task, plan) & bad else otherwise
        found += [Attempt(task, -1, 0, state, "NOT_EXECUTED", map_key=key) for key in keys if (task, key) not in seen]
        if not keys and all(name != task for name, _ in seen):
            nothing = _root(f"{task}[?]", {step["key"]: step for step in plan["steps"]}) in good
            state, raw = ("skipped", "NO_MAPPING_KEYS") if nothing else (state, "NOT_EXECUTED")
            found.append(Attempt(task, -1, 0, state, raw))
    return found


def _before(task: str, plan: dict[str, Any]) -> set[str]:
    ups = {edge.upstream for edge in _edges(plan) if edge.downstream == task}
    return ups | {further for up in ups for further in _before(up, plan)}


def _edges(plan: dict[str, Any]) -> set[Edge]:
    run = {_split(key)[0] for key in plan["step_keys_to_execute"]}
    found = set()
    for step in plan["steps"]:
        for handle in (h for i in step["inputs"] for h in i["upstream_output_handles"]):
            (up, up_key), (down, down_key) = _split(handle["step_key"]), _split(step["key"])
            if {up, down} <= run:
                found.add(Edge(up, down, same_index=bool(up_key and down_key)))
    return found


def _split(key: str) -> tuple[str, str]:
    task, _, rest = key.partition("[")
    return task, rest.rstrip("]")


def _kind(event: dict[str, Any]) -> str:
    return event["dagster_event_type"]


def _micros(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1_000_000)
