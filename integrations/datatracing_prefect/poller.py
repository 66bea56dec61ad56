"""Completes runs: whatever Prefect says has ended is read through its API and sealed.

Prefect is the queue. Events make this prompt; looking for what has ended makes it complete. The cursor only moves past
a run that is stored, so what fails is met again, by any watcher; what is stored twice counts once. So two watchers
do no harm, and there is no lock that a dead one could keep.
"""

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from datatracing.errors import StoreUnreachableError
from datatracing.hosting.deleted import close_deleted
from datatracing.hosting.give_up import give_up
from datatracing.hosting.tick import TickResult
from datatracing.model import clock
from datatracing.model.clock import SECOND
from datatracing_prefect.agenda import FLOW, TASK, Agenda, RunId
from datatracing_prefect.background import OUTSIDE
from datatracing_prefect.completion import Completion
from datatracing_prefect.cursors import Cursor, Position
from datatracing_prefect.mapping import micros, run_ref
from datatracing_prefect.open_runs import OpenRuns
from datatracing_prefect.rest import GoneError, PrefectUnreachableError, Rest
from datatracing_prefect.subscriber import Hint
from datatracing_prefect.watch_settings import WatchSettings

if TYPE_CHECKING:
    from datatracing.connection import Connection

log = logging.getLogger("datatracing")

OVERLAP = 600 * SECOND
"""Microseconds that are looked at again: a run's end is stamped by its own process, and told later."""
AWAY = (StoreUnreachableError, PrefectUnreachableError)
LATER = 5.0
"""Seconds until what was away is tried again."""
AT_ONCE = 4
"""Runs that are read at the same time."""
BREATH = 0.2
"""Seconds after an event in which others may come."""
PROBES = 50
"""Runs that a store must know one of, to be the one that the cursor is about."""
ENDS = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]


class Poller:
    """Of one Prefect server, into one store. Used by one event loop."""

    def __init__(self, rest: Rest, connection: "Connection", settings: WatchSettings, cursor: Cursor) -> None:
        self.rest = rest
        self.connection = connection
        self.settings = settings
        self.cursor = cursor
        self.namespace = settings.all.namespace
        self.agenda = Agenda(settings.all.settle_seconds)
        self.completion = Completion(rest, connection, settings, self.agenda)
        self.open_runs = OpenRuns(rest, connection, settings)
        self._woken = asyncio.Event()
        self._looked_at = 0.0
        self._since = clock.now() - round(settings.look_back * SECOND)
        """From which end on runs are looked for, in microseconds."""
        self._position = cursor.read()
        """Where an earlier watcher stood, until it has been taken up."""
        self._kept = self._position

    def heed(self, hint: Hint) -> None:
        """Take in what an event has told. Returns at once."""
        if hint.begun:
            self.look_soon()
        elif hint.ended_at is not None:
            self.agenda.ended(hint.run, hint.ended_at)
            self._woken.set()
        elif self.agenda.stirred(hint.run, time.time()):
            self._woken.set()

    def look_soon(self) -> None:
        """Something has begun, or there was a time in which nobody heard what happened."""
        self._looked_at = 0.0
        self._woken.set()

    async def run(self) -> None:
        """For ever. What is away is waited for."""
        away = ""
        while True:
            try:
                result = await self.tick()
            except Exception as error:
                if str(error) != away:
                    log.warning("DataTracing goes on later: %s", error, exc_info=not isinstance(error, AWAY))
                away = str(error)
                self._looked_at = time.time()
                await asyncio.sleep(min(self.settings.interval, LATER))
            else:
                if result.completed or result.failed or away:
                    log.info("DataTracing: %s", result)
                away = ""
                await self._pause()

    async def tick(self) -> TickResult:
        """Look, if it is time to, and read what is due.

        StoreUnreachableError, PrefectUnreachableError: nothing is lost by it, the next tick goes on there.
        """
        result = TickResult()
        if time.time() - self._looked_at >= self.settings.interval:
            self._looked_at = time.time()
            await self._look(result)
        due = self.agenda.due(time.time())
        for start in range(0, len(due), AT_ONCE):
            await self._complete_all(due[start : start + AT_ONCE], result)
        await asyncio.to_thread(self.connection.sweep)
        self._keep_cursor()
        result.waiting = len(self.agenda)
        return result

    async def _look(self, result: TickResult) -> None:
        """Everything that has ended behind the cursor, and what is open."""
        at = clock.now()
        await self._take_up()
        since = {"end_time": {"after_": clock.rfc3339(self._since)}, "state": {"type": {"any_": ENDS}}}
        async for page in self.rest.pages("/flow_runs/filter", flow_runs=since):
            for each in page:
                self.agenda.ended((FLOW, each["id"]), micros(each["end_time"]) or 0)
        async for page in self.rest.pages("/task_runs/filter", task_runs={**since, **OUTSIDE}):
            for each in page:
                self.agenda.ended((TASK, each["id"]), micros(each["end_time"]) or 0)
        if not self.agenda.full:
            self._since = at - OVERLAP
        for run_id in await self.open_runs.look():
            await self._lose(run_id, result)

    async def _take_up(self) -> None:
        """Go on where the cursor stands, unless the store has been emptied since: then it stands for nothing."""
        if self._position is None:
            return
        stored = self._position.stored
        newest = sorted(stored, key=lambda name: -stored[name].ended_at)[:PROBES]
        ids = [run_ref("", name.partition("/")[2], self.namespace).trace_id for name in newest]
        known = await asyncio.to_thread(self.connection.summaries, ids) if ids else {}
        if known or not ids:
            self.agenda.recall(stored)
            self._since = self._position.ended - OVERLAP
        self._position = None

    async def _complete_all(self, runs: list[RunId], result: TickResult) -> None:
        """At the same time, because most of it is waiting. One that fails leaves the others to finish."""
        ended = await asyncio.gather(*(self._complete_one(run, result) for run in runs), return_exceptions=True)
        for error in ended:
            if isinstance(error, BaseException):
                raise error

    async def _complete_one(self, run: RunId, result: TickResult) -> None:
        """One run that cannot be read holds up no other; who does not answer holds up all."""
        try:
            first = await self.completion.complete(run)
            result.completed += first  # not in one step: others count meanwhile
        except AWAY:
            raise
        except GoneError:
            trace_id = run_ref("", run[1], self.namespace).trace_id
            await asyncio.to_thread(close_deleted, self.connection, trace_id)
            self.agenda.drop(run)
        except Exception as error:
            result.failed += 1
            await self._failed(run, error, again=self.agenda.failed(run, time.time()))

    async def _lose(self, run_id: str, result: TickResult) -> None:
        try:
            stored = await self.completion.lose(run_id)
            result.completed += stored
        except AWAY:
            raise
        except GoneError:
            return
        except Exception:
            result.failed += 1
            log.warning("DataTracing could not read run %s", run_id, exc_info=True)

    async def _failed(self, run: RunId, error: Exception, *, again: bool) -> None:
        log.warning("DataTracing could not read run %s%s", run[1], "" if again else "; it is given up", exc_info=error)
        if not again:
            trace_id = run_ref("", run[1], self.namespace).trace_id
            await asyncio.to_thread(give_up, self.connection, trace_id, error)

    def _keep_cursor(self) -> None:
        ended = min([self._since + OVERLAP, *self.agenda.waiting()])
        position = Position(ended, self.agenda.stored())
        if position != self._kept:
            self.cursor.write(position)
            self._kept = position
        self.agenda.forget(self._since - OVERLAP)

    async def _pause(self) -> None:
        """Until an event comes, or something is due, or it is time to look."""
        self._woken.clear()
        due = self.agenda.next()
        until = min(self._looked_at + self.settings.interval, due if due is not None else float("inf"))
        try:
            await asyncio.wait_for(self._woken.wait(), max(until - time.time(), 0.05))
        except asyncio.TimeoutError:  # the name for it in Python 3.10
            return
        await asyncio.sleep(BREATH)  # events come in bundles
