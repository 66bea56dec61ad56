"""Prefect's events, as they happen. They make a watcher prompt, and it needs none of them: whatever is missed while
nobody listens, it finds by asking.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from datatracing_prefect.agenda import FLOW, TASK, RunId
from datatracing_prefect.mapping import micros
from datatracing_prefect.states import FINAL

log = logging.getLogger("datatracing")

PREFIXES = ("prefect.flow-run.", "prefect.task-run.", "prefect.asset.", "prefect.automation.action.")
HEARTBEAT = "prefect.flow-run.heartbeat"
FLOW_RUN, TASK_RUN = "prefect.flow-run.", "prefect.task-run."
PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds between tries to connect."""
REMEMBERED = 10_000
"""Ids of events: a server repeats what came shortly before to whoever connects again."""


@dataclass(frozen=True)
class Hint:
    """Something has happened in this run. `ended_at` in microseconds, where it is its end; `begun` where it began."""

    run: RunId
    ended_at: int | None = None
    begun: bool = False


class Hints:
    """Each event once."""

    def __init__(self, heed: Callable[[Hint], None]) -> None:
        self.count = 0
        self._heed = heed
        self._seen: OrderedDict[str, None] = OrderedDict()

    def take(self, event: Mapping[str, Any]) -> None:
        """An event as JSON has it. What is none is left alone."""
        event_id = str(event.get("id"))
        if event_id in self._seen:
            return
        self._seen[event_id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        found = hint(event)
        if found is not None:
            self.count += 1
            self._heed(found)


def hint(event: Mapping[str, Any]) -> Hint | None:
    """What an event says of a run that matters here."""
    name, resource = str(event["event"]), event["resource"]
    if not name.startswith(PREFIXES) or name == HEARTBEAT:
        return None
    about = str(resource["prefect.resource.id"])
    kind = _kind(resource, event)
    if about.startswith(FLOW_RUN):
        ended = micros(event["occurred"]) if kind in FINAL else None
        return Hint((FLOW, about.removeprefix(FLOW_RUN)), ended, begun=kind == "RUNNING")
    flow_run = _flow_run(event["related"])
    if flow_run:
        return Hint((FLOW, flow_run))
    if about.startswith(TASK_RUN):
        return Hint((TASK, about.removeprefix(TASK_RUN)), micros(event["occurred"]) if kind in FINAL else None)
    return None


def _kind(resource: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """The type of the state that the event is about. A task run's is only in the event's payload in some versions."""
    said = resource.get("prefect.state-type")
    validated = (event.get("payload") or {}).get("validated_state") or {}
    return str(said or validated.get("type") or "")


def _flow_run(related: Iterable[Mapping[str, Any]]) -> str:
    for each in related:
        name = str(each["prefect.resource.id"])
        if each["prefect.resource.role"] == "flow-run" and name.startswith(FLOW_RUN):
            return name.removeprefix(FLOW_RUN)
    return ""


class Subscriber:
    """Of the server at PREFECT_API_URL. `connected` is called whenever events begin to come (again)."""

    def __init__(self, hints: Hints, connected: Callable[[], None]) -> None:
        self.hints = hints
        self._connected = connected

    async def run(self) -> None:
        """For ever: a connection that breaks is made again, later each time that it fails."""
        failures = 0
        while True:
            before = self.hints.count
            try:
                await self._listen()
            except Exception as error:
                log.log(
                    logging.WARNING if not failures else logging.DEBUG,
                    "DataTracing hears no events of Prefect (%s); it asks instead, and tries again",
                    type(error).__name__,
                )
            failures = 0 if self.hints.count > before else failures + 1
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])

    async def _listen(self) -> None:
        from prefect.events.clients import get_events_subscriber
        from prefect.events.filters import EventFilter, EventNameFilter

        wanted = EventFilter(event=EventNameFilter(prefix=list(PREFIXES)))
        # Without retries of its own, so that this class knows when there was a gap.
        async with get_events_subscriber(wanted, reconnection_attempts=0) as events:
            self._connected()
            async for event in events:
                self.hints.take(_plain(event))


def _plain(event: Any) -> dict[str, Any]:
    """As its JSON is, without what a payload holds besides: there are many, and most say nothing that matters here."""
    return {
        "id": str(event.id),
        "event": event.event,
        "occurred": event.occurred,
        "resource": event.resource.root,
        "related": [each.root for each in event.related],
        "payload": event.payload,
    }
