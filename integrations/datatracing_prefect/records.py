"""What Prefect's API tells about one flow run: its states, its task runs with theirs, and its assets."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from datatracing.model import clock
from datatracing.model.states import State
from datatracing_prefect.mapping import micros, task_name
from datatracing_prefect.rest import GoneError, Plain, Rest
from datatracing_prefect.states import CACHED, CANCELLED, COMPLETED, CRASHED, FAILED, FINAL, NOT_READY, RUNNING, state
from datatracing_prefect.tries import Moment

AT_ONCE = 8
"""Requests to the server at the same time."""
ASSET_EVENTS = 5_000
UUID_LENGTH = 36
PLAIN_ENDS = frozenset({(COMPLETED, "Completed"), (COMPLETED, CACHED), (FAILED, "Failed"), (FAILED, "TimedOut"),
                        (CRASHED, "Crashed"), (CANCELLED, "Cancelled"), ("PENDING", NOT_READY)})  # fmt: skip
"""States in which the row of a task run that ran once at most says everything that its history does."""


@dataclass(frozen=True)
class Records:
    """As the API gives them. `histories` has the states of each task run by its id, `assets` the asset events."""

    rest: Rest
    run: Plain
    flow_name: str
    states: list[Plain]
    task_runs: list[Plain]
    histories: Mapping[str, list[Moment]]
    assets: list[Plain] = field(default_factory=list)
    deployment: Plain | None = None

    @property
    def run_id(self) -> str:
        """The flow run's UUID."""
        return str(self.run["id"])

    @property
    def state(self) -> State:
        """What Prefect says the run is."""
        return state(self.run["state_type"] or "", self.run["state_name"] or "")

    @property
    def over(self) -> bool:
        """Whether the run has ended, as far as Prefect knows."""
        return self.run["state_type"] in FINAL

    @property
    def ended_at(self) -> int | None:
        """Microseconds."""
        return micros(self.run["end_time"])

    @property
    def unsettled(self) -> bool:
        """Whether some task run may still go on. NotReady never does, though Prefect calls it pending."""
        return any(_open(each) for each in self.task_runs)

    @property
    def open_tasks(self) -> bool:
        """The same of those that are no calls of other flow runs: a deployment may well outlive its caller."""
        return any(_open(each) and not _child(each) for each in self.task_runs)

    @property
    def progress(self) -> tuple[int, ...]:
        """A measure of how far the run has come, as far as the server has written it down."""
        return len(self.task_runs), sum(_open(each) for each in self.task_runs)

    @cached_property
    def names(self) -> dict[str, str]:
        """The task behind each task run, by id, in the order in which they were called."""
        called = sorted(self.task_runs, key=lambda each: (self.histories[each["id"]][0].at, each["id"]))
        return {each["id"]: name_of(each) for each in called}

    @cached_property
    def calls(self) -> dict[str, str]:
        """The flow runs that this run has called, each with the task run that stands for the call."""
        return {child: each["id"] for each in self.task_runs if (child := _child(each))}

    @property
    def last_heard(self) -> int:
        """The moment of the last state of anything in the run."""
        every = [each.at for history in self.histories.values() for each in history]
        return max([*every, *(micros(each["timestamp"]) or 0 for each in self.states)], default=clock.now())


async def read_records(rest: Rest, run_id: str) -> Records:
    """GoneError when the run has been deleted."""
    run = await rest.get(f"/flow_runs/{run_id}")
    name = await rest.flow_name(run["flow_id"]) if run else ""
    if not run or not name:
        raise GoneError(f"Prefect has no flow run {run_id} any more")
    states, task_runs, assets, deployment = await asyncio.gather(
        rest.get("/flow_run_states/", flow_run_id=run_id),
        rest.every("/task_runs/filter", task_runs={"flow_run_id": {"any_": [run_id]}}),
        asset_events(rest, f"prefect.flow-run.{run_id}"),
        rest.get(f"/deployments/{run['deployment_id']}") if run["deployment_id"] else _nothing(),
    )
    task_runs = [each for each in task_runs if each["state"]]
    return Records(rest, run, name, states or [], task_runs, await histories(rest, task_runs), assets, deployment)


async def histories(rest: Rest, task_runs: Iterable[Plain]) -> dict[str, list[Moment]]:
    """The states of each task run. A request for each would make a run of a thousand tasks wait for seconds."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def history(task_run: Plain) -> list[Moment]:
        if plain(task_run):
            return from_row(task_run)
        async with turn:
            states = await rest.get("/task_run_states/", task_run_id=task_run["id"])
        return [moment(each) for each in states or ()] or from_row(task_run)

    every = list(task_runs)
    found = await asyncio.gather(*map(history, every))
    return dict(zip((each["id"] for each in every), found, strict=True))


def name_of(task_run: Plain) -> str:
    """Of the task behind a task run."""
    return task_name(task_run["name"], task_run["task_key"], task_run["dynamic_key"])


def plain(task_run: Plain) -> bool:
    """Whether the row alone tells all: called in a flow, ran once or not at all, ended.

    The dynamic key of such a call is a UUID; that of a background task or a subflow is a number.
    """
    ended = (task_run["state_type"], task_run["state_name"]) in PLAIN_ENDS
    return ended and task_run["run_count"] <= 1 and len(task_run["dynamic_key"]) == UUID_LENGTH


def left_running(task_run: Plain) -> bool:
    """Whether Prefect calls it running and it was called in its flow, which does not end before it but where it is not
    waited for. A background task and a subflow have processes of their own."""
    return task_run["state_type"] == RUNNING and len(task_run["dynamic_key"]) == UUID_LENGTH


def from_row(task_run: Plain) -> list[Moment]:
    """Prefect's row has the moment at which it was pending as the expected start."""
    last = moment(task_run["state"])
    pending, started = micros(task_run["expected_start_time"]), micros(task_run["start_time"])
    before = [Moment("PENDING", "Pending", pending)] if pending is not None and pending < last.at else []
    running = [Moment(RUNNING, "Running", started)] if started is not None and last.kind != RUNNING else []
    return [*before, *running, last]


def moment(found: Plain) -> Moment:
    """One state of a task run or a flow run."""
    details = found["state_details"] or {}
    at = micros(found["timestamp"]) or 0
    return Moment(found["type"], found["name"], at, micros(details.get("scheduled_time")), found["message"] or "")


async def asset_events(rest: Rest, resource: str) -> list[Plain]:
    """What was read and written in this flow run or task run, oldest first."""
    where = {"event": {"prefix": ["prefect.asset."]}, "related": {"id": [resource]}, "order": "ASC"}
    return await rest.events(where, ASSET_EVENTS)


def _child(task_run: Plain) -> str:
    return str(((task_run["state"] or {}).get("state_details") or {}).get("child_flow_run_id") or "")


def _open(task_run: Plain) -> bool:
    return task_run["state_type"] not in FINAL and task_run["state_name"] != NOT_READY


async def _nothing() -> None:
    return None
