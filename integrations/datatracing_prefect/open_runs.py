"""Runs that are not over: they are shown as open, and given up when nothing was heard of them for too long.

A Prefect server watches no processes: a flow that was called directly and then killed stays Running for ever.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from datatracing.model import codec
from datatracing.model.clock import SECOND
from datatracing.model.event import Event, EventKind, Times
from datatracing_prefect.mapping import micros, run_ref
from datatracing_prefect.rest import Plain, Rest
from datatracing_prefect.states import RUNNING, state

if TYPE_CHECKING:
    from datatracing.connection import Connection
    from datatracing_prefect.collecting import CollectorSettings

OPEN = ["PENDING", RUNNING, "CANCELLING"]
"""Types of states of runs that somebody should be working on. A paused run waits for people, a scheduled one for its
time."""
PRODUCER = "prefect"


class OpenRuns:
    """Remembers what it has said, so that each beginning is announced once by each process."""

    def __init__(self, rest: Rest, connection: "Connection", settings: "CollectorSettings") -> None:
        self.rest = rest
        self.connection = connection
        self.settings = settings
        self._said: set[str] = set()
        self._lost: set[str] = set()

    async def look(self) -> list[str]:
        """Say which runs have begun; the ids of those that are to be stored as lost."""
        runs = await self.rest.every("/flow_runs/filter", flow_runs={"state": {"type": {"any_": OPEN}}})
        await self._say([run for run in runs if run["state_type"] == RUNNING and run["state_id"] not in self._said])
        self._said &= {run["state_id"] for run in runs}
        return [run["id"] for run in runs if await self._given_up(run)]

    def lost(self, run_id: str) -> None:
        """It is stored as lost."""
        self._lost.add(run_id)

    async def _say(self, runs: Iterable[Plain]) -> None:
        begun = [event for run in runs if (event := await self._begun(run))]
        if begun:
            await asyncio.to_thread(self.connection.accept, [codec.dumps(event) for event in begun])
        self._said.update(run["state_id"] for run in runs)

    async def _begun(self, run: Plain) -> Event | None:
        """The same statement whoever makes it: it counts once. A run that begins again has another state by then."""
        name = await self.rest.flow_name(run["flow_id"])
        at, started = micros(run["state"]["timestamp"]), micros(run["start_time"])
        if not name or at is None:
            return None
        return Event(
            kind=EventKind.STARTED,
            run=run_ref(name, run["id"], self.settings.all.namespace),
            producer=PRODUCER + run["state_id"].replace("-", "")[-9:],
            seq=0,
            at=at,
            state=state(run["state_type"], run["state_name"]),
            raw_state=run["state_name"],
            reporter="scheduler",
            times=Times(scheduled_at=micros(run["expected_start_time"]), started_at=started or at),
        )

    async def _given_up(self, run: Plain) -> bool:
        """Silent for long enough, and not stored as lost already."""
        oldest = round((time.time() - self.settings.stale) * SECOND)
        if (micros(run["state"]["timestamp"]) or 0) > oldest or run["id"] in self._lost:
            return False
        name = f"prefect.flow-run.{run['id']}"
        for where in ({"resource": {"id": [name]}}, {"related": {"id": [name]}}):
            for last in await self.rest.events({**where, "order": "DESC"}, 1):
                if (micros(last["occurred"]) or 0) > oldest:
                    return False
        trace_id = run_ref("", run["id"], self.settings.all.namespace).trace_id
        known = (await asyncio.to_thread(self.connection.summaries, [trace_id])).get(trace_id)
        # What is stored already was sealed as lost, unless the run has begun again since.
        return (
            known is None or known.verdict is None or (known.sealed_at or 0) < (micros(run["state"]["timestamp"]) or 0)
        )
