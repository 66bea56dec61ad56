"""What Prefect's own database says about a run. Plain SQL and JSON, none of our code and none of Prefect's."""

import json
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tests.conformance.account import Account, Attempt, Edge, LinkEnd, Times

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ENDS = {"COMPLETED": "success", "FAILED": "failed", "CRASHED": "crashed", "CANCELLED": "cancelled"}
NAMES = {"NotReady": "upstream_failed", "AwaitingRetry": "failed"}
RUN = "SELECT flow_run.*, flow.name AS flow FROM flow_run JOIN flow ON flow.id = flow_id WHERE flow_run.id = ?"
FLOW_STATES = "SELECT * FROM flow_run_state WHERE flow_run_id = ? ORDER BY timestamp"
TASKS = "SELECT * FROM task_run WHERE flow_run_id = ? ORDER BY id"
TASK_STATES = """
  SELECT task_run_state.* FROM task_run_state JOIN task_run ON task_run.id = task_run_id
  WHERE flow_run_id = ? ORDER BY timestamp
"""
CHILDREN = """
  SELECT flow_run.*, task_key, task_run.id AS called FROM flow_run JOIN task_run ON parent_task_run_id = task_run.id
  WHERE task_run.flow_run_id = ?
"""
PARENT = """
  SELECT task_run.* FROM flow_run JOIN task_run ON parent_task_run_id = task_run.id WHERE flow_run.id = ?
"""
ASSET_EVENTS = "SELECT * FROM events WHERE event IN (?, ?) ORDER BY occurred"
WROTE, READ = "prefect.asset.materialization.succeeded", "prefect.asset.referenced"
DEPLOYMENT_CALL = "prefect.deployments.flow_runs.run_deployment."
NO_VALUES = {"wait_for", "__parents__"}


class Oracle:
    """Reads a server's SQLite file, which may be in use."""

    def __init__(self, database: Path) -> None:
        self.database = database

    def account(self, run_id: str) -> Account:
        """Everything about one run, as of now."""
        run, states = self._run(run_id), self._rows(FLOW_STATES, run_id)
        tasks = self._tasks(run_id)
        return Account(
            orchestrator="prefect",
            pipeline=run["flow"],
            run_id=run_id,
            state=_state(states[-1], ""),
            raw_state=states[-1]["name"],
            times=Times(
                _micros(run["expected_start_time"]), None, _micros(run["start_time"]), _micros(run["end_time"])
            ),
            attempts=tuple(attempt for task in tasks for attempt in _attempts(task, tasks, states[-1]["type"])),
            edges=frozenset(_edges(tasks, self._calls(run_id))),
            links=frozenset((*self._children(run_id), *self._parent(run_id), *self._assets(run_id))),
        )

    def called(self, run_id: str) -> dict[str, dict[str, int | None]]:
        """When the subflows of a run ran themselves, by the task run that stands for the call."""
        return {
            row["called"]: {"started_at": _micros(row["start_time"]), "ended_at": _micros(row["end_time"])}
            for row in self._rows(CHILDREN, run_id)
        }

    def settled(self, patience: float = 60) -> None:
        """Wait until the server has written down what it was told: it takes events in bundles."""
        deadline, before = time.monotonic() + patience, None
        while (now := self._amount()) != before:
            assert time.monotonic() < deadline, f"events are still coming in after {patience} s"
            before = now
            time.sleep(1.5)  # a bundle is written down once a second

    def state(self, run_id: str) -> str | None:
        """The name of the run's state, or None while there is no such run."""
        rows = self._rows("SELECT state_name FROM flow_run WHERE id = ?", run_id)
        return rows[0]["state_name"] if rows else None

    def at_work(self, run_id: str) -> set[str]:
        """Tasks that are running now."""
        return {task["task"] for task in self._tasks(run_id) if task["state_type"] == "RUNNING"}

    def runs(self, flow: str) -> list[str]:
        """Ids of all runs of a flow, oldest first."""
        query = "SELECT r.id FROM flow_run r JOIN flow ON flow.id = flow_id WHERE flow.name = ? ORDER BY r.created"
        return [row["id"] for row in self._rows(query, flow)]

    def deployments(self, flow: str) -> list[str]:
        """Ids of a flow's deployments."""
        query = "SELECT d.id FROM deployment d JOIN flow ON flow.id = flow_id WHERE flow.name = ?"
        return [row["id"] for row in self._rows(query, flow)]

    def _amount(self) -> int:
        tables = ("events", "task_run_state", "flow_run_state")
        return sum(self._rows(f"SELECT COUNT(*) AS n FROM {table}")[0]["n"] for table in tables)

    def _run(self, run_id: str) -> dict[str, Any]:
        [run] = self._rows(RUN, run_id)
        return run

    def _name(self, run_id: str) -> str:
        return f"prefect:{self._run(run_id)['flow']}/{run_id}"

    def _tasks(self, run_id: str) -> list[dict[str, Any]]:
        states = defaultdict(list)
        for row in self._rows(TASK_STATES, run_id):
            states[row["task_run_id"]].append({**row, "details": json.loads(row["state_details"])})
        return [
            {**row, "task": _task(row), "inputs": json.loads(row["task_inputs"]), "states": states[row["id"]]}
            for row in self._rows(TASKS, run_id)
        ]

    def _calls(self, run_id: str) -> dict[str, str]:
        """Task runs that stand for a subflow, by the subflow's run."""
        return {row["id"]: row["called"] for row in self._rows(CHILDREN, run_id)}

    def _children(self, run_id: str) -> Iterator[LinkEnd]:
        for row in self._rows(CHILDREN, run_id):
            yield LinkEnd(_call(row["task_key"]), "down", self._name(row["id"]))

    def _parent(self, run_id: str) -> Iterator[LinkEnd]:
        for row in self._rows(PARENT, run_id):
            yield LinkEnd(_call(row["task_key"]), "up", self._name(row["flow_run_id"]))

    def _assets(self, run_id: str) -> Iterator[LinkEnd]:
        """A run that read an asset is behind the run that had last written it."""
        writers: dict[str, str] = {}
        for event in self._rows(ASSET_EVENTS, WROTE, READ):
            run = next(i for each in json.loads(event["related"]) if (i := _of_role(each, "flow-run")))
            if event["event"] == WROTE:
                writers[event["resource_id"]] = run
            elif (writer := writers.get(event["resource_id"], run)) != run:
                yield from (LinkEnd("asset", "up", self._name(writer)) for _ in range(run == run_id))
                yield from (LinkEnd("asset", "down", self._name(run)) for _ in range(writer == run_id))

    def _rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]


def by_number(account: Account) -> Account:
    """As a shape calls them: instances by number as they began, and no number where there is just one."""
    keys: dict[str, dict[str, int]] = defaultdict(dict)
    for attempt in sorted(account.attempts, key=lambda each: each.times.started_at or each.times.scheduled_at or 0):
        keys[attempt.task].setdefault(attempt.map_key, len(keys[attempt.task]))
    several = Counter({task: len(of_task) for task, of_task in keys.items()})
    numbers = (keys[each.task][each.map_key] if several[each.task] > 1 else -1 for each in account.attempts)
    named = (replace(each, map_index=n, map_key="") for each, n in zip(account.attempts, numbers, strict=True))
    return replace(account, attempts=tuple(named))


def _attempts(task: dict[str, Any], tasks: list[dict[str, Any]], run: str) -> Iterator[Attempt]:
    """One per state of the kind RUNNING, ended by the state that followed; or one that never ran."""
    fixed = {"task": task["task"], "map_index": -1, "map_key": task["id"], "edges_known": _edges_known(task, tasks)}
    before, *tries = _parts(task["states"])
    times = Times(_micros(task["expected_start_time"]), _waited(before))
    for number, of_try in enumerate(tries, start=1):
        following = tries[number] if number < len(tries) else []
        ends = of_try[1:] or following[:1]
        said = (ends or of_try)[0 if following else -1]
        state = "retried" if following else _state(said, run)
        times = replace(times, started_at=_at(of_try[0]), ended_at=_at(ends[0]) if ends else None)
        yield Attempt(attempt=number, state=state, raw_state=said["name"], times=times, **fixed)
        times = Times(_micros(said["details"]["scheduled_time"]))
    if not tries:
        state = _state(before[-1], run)
        ended = _at(before[-1]) if state == "upstream_failed" or before[-1]["type"] in ENDS else None
        times = replace(times, ended_at=ended)
        yield Attempt(attempt=0, state=state, raw_state=before[-1]["name"], times=times, **fixed)


def _parts(states: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """What came before the first attempt, then each attempt from its start on."""
    parts: list[list[dict[str, Any]]] = [[]]
    for state in states:
        parts.extend([[]] if state["type"] == "RUNNING" else [])
        parts[-1].append(state)
    return parts


def _state(state: dict[str, Any], run: str) -> str:
    """Of the last that was heard. In a run that is over, what had not begun never will, and what had begun is lost."""
    if state["name"] in NAMES or state["type"] in ENDS:
        return NAMES.get(state["name"]) or ENDS[state["type"]]
    return "lost" if state["type"] in {"RUNNING", "PAUSED"} and run != "CANCELLED" else "cancelled"


def _waited(states: list[dict[str, Any]]) -> int | None:
    return next((_at(state) for state in states if state["type"] == "PENDING"), None)


def _at(state: dict[str, Any]) -> int | None:
    return _micros(state["timestamp"])


def _edges_known(task: dict[str, Any], tasks: list[dict[str, Any]]) -> bool:
    """Prefect finds an edge by the identity of a result. Of some results it says that they have none of their own:
    what was called later with a value that Prefect could not place may have had it from there."""
    if all(found for name, found in task["inputs"].items() if name not in NO_VALUES):
        return True
    called = task["states"][0]["timestamp"]
    lost = [state for other in tasks for state in other["states"] if state["details"]["untrackable_result"]]
    return not any(state["task_run_id"] != task["id"] and state["timestamp"] <= called for state in lost)


def _edges(tasks: list[dict[str, Any]], calls: dict[str, str]) -> Iterator[Edge]:
    named = {task["id"]: task["task"] for task in tasks}
    for task in tasks:
        for found in (each for inputs in task["inputs"].values() for each in inputs):
            up = calls.get(found["id"], "") if found["input_type"] == "flow_run" else found.get("id", "")
            if up in named:
                yield Edge(named[up], task["task"], upstream_key=up, downstream_key=task["id"])


def _task(row: dict[str, Any]) -> str:
    """A task run has its task's name and the start of its own key, unless somebody named it otherwise."""
    name: str = row["name"]
    for key in (row["dynamic_key"][:3], row["dynamic_key"]):
        if name.endswith(f"-{key}"):
            return name.removesuffix(f"-{key}")
    if row["task_key"].startswith(DEPLOYMENT_CALL):
        return str(row["task_key"]).removeprefix("prefect.deployments.flow_runs.")
    return str(row["task_key"]).rpartition("-")[0] or str(row["task_key"])


def _call(task_key: str) -> str:
    return "triggered" if task_key.startswith(DEPLOYMENT_CALL) else "child"


def _of_role(resource: dict[str, str], role: str) -> str:
    """The bare id of an event's related resource, or nothing where it has another role."""
    return resource["prefect.resource.id"].rpartition(".")[2] if resource["prefect.resource.role"] == role else ""


def _micros(moment: str | None) -> int | None:
    """SQLite has times as text without a zone, which is UTC."""
    if moment is None:
        return None
    return (datetime.fromisoformat(moment).replace(tzinfo=timezone.utc) - EPOCH) // timedelta(microseconds=1)
