"""Runs that are not over: they are shown as open, and given up when nothing was heard of them for too long.

A Prefect server watches no processes: a flow that was called directly and then killed stays Running for ever.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from datatracing.hosting.begun import begun
from datatracing.model import codec
from datatracing.model.clock import SECOND
from datatracing.model.event import Times
from datatracing_prefect.mapping import micros, run_ref
from datatracing_prefect.rest import Plain, Rest
from datatracing_prefect.states import RUNNING, state

if TYPE_CHECKING:
    from datatracing.connection import Connection
    from datatracing_prefect.watch_settings import WatchSettings

PAUSED = "PAUSED"
OPEN = ["PENDING", RUNNING, "CANCELLING", PAUSED]
"""Types of states of runs that are not over; a scheduled one has not begun."""
SHOWN = frozenset({RUNNING, PAUSED})
PRODUCER = "prefect"


class OpenRuns:
    """Remembers what it has said, so that each beginning and each pause is told once by each process."""

    def __init__(self, rest: Rest, connection: "Connection", settings: "WatchSettings") -> None:
        self.rest = rest
        self.connection = connection
        self.settings = settings
        self._said: set[str] = set()

    async def look(self) -> list[str]:
        """Say which runs have begun; the ids of those that are to be stored as lost."""
        runs = await self.rest.every("/flow_runs/filter", flow_runs={"state": {"type": {"any_": OPEN}}})
        await self._say([run for run in runs if run["state_type"] in SHOWN and run["state_id"] not in self._said])
        self._said &= {run["state_id"] for run in runs}
        return [run["id"] for run in runs if await self._given_up(run)]

    async def _say(self, runs: Iterable[Plain]) -> None:
        events = [event for run in runs if (event := await self._begun(run))]
        if events:
            await asyncio.to_thread(self.connection.accept, events)
        self._said.update(run["state_id"] for run in runs)

    async def _begun(self, run: Plain) -> bytes | None:
        """A run that begins again has another state by then."""
        name = await self.rest.flow_name(run["flow_id"])
        at, started = micros(run["state"]["timestamp"]), micros(run["start_time"])
        if not name or at is None:
            return None
        producer, how = PRODUCER + run["state_id"].replace("-", "")[-9:], state(run["state_type"], run["state_name"])
        times = Times(scheduled_at=micros(run["expected_start_time"]), started_at=started or at)
        statement = begun(run_ref(name, run["id"], self.settings.all.namespace), how, run["state_name"], times)
        return codec.dumps(statement.event(producer, 0, at))

    async def _given_up(self, run: Plain) -> bool:
        """Silent for long enough, and not stored as lost already. A paused run is silent: it waits for people."""
        oldest = round((time.time() - self.settings.stale) * SECOND)
        since = micros(run["state"]["timestamp"]) or 0
        if since > oldest or run["state_type"] == PAUSED or await self._stored(run["id"], since):
            return False
        name = f"prefect.flow-run.{run['id']}"
        for where in ({"resource": {"id": [name]}}, {"related": {"id": [name]}}):
            for last in await self.rest.events({**where, "order": "DESC"}, 1):
                if (micros(last["occurred"]) or 0) > oldest:
                    return False
        return True

    async def _stored(self, run_id: str, since: int) -> bool:
        """Whether it was sealed in this state, which is not over: then as lost."""
        trace_id = run_ref("", run_id, self.settings.all.namespace).trace_id
        known = (await asyncio.to_thread(self.connection.summaries, [trace_id])).get(trace_id)
        return known is not None and known.verdict is not None and (known.sealed_at or 0) >= since
