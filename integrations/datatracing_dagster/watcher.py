"""The watcher in the agent of a host: a process that runs no user code and forks nothing, so it may hold connections.

It is started by the sensor, which hands over Dagster's instance and the settings of the resource; see docs/adr/0012.
"""

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from datatracing.model import clock

if TYPE_CHECKING:
    from datatracing.capture.notice import Notice
    from datatracing.connection import Connection
    from datatracing.hosting.tick import TickResult
    from datatracing.settings import Settings
    from datatracing_dagster.poller import Poller
    from datatracing_dagster.progress import Progress

INSTANCE = "DATATRACING_DAGSTER_INSTANCE"
"""Dagster's own description of its instance, as JSON. Without it there is nothing to watch."""
PAUSE = 1.0
"""Seconds between two looks."""


def open_watcher(
    settings: "Settings", connection: "Connection", environ: Mapping[str, str] = os.environ
) -> "Watcher | None":
    """None where nobody has said which Dagster it is. Whatever keeps it from being opened is raised."""
    if not environ.get(INSTANCE):
        return None
    from datatracing_dagster import compat
    from datatracing_dagster.poller import Poller
    from datatracing_dagster.progress import Progress
    from datatracing_dagster.settings import WatchSettings

    instance, own = compat.instance_from(environ[INSTANCE]), WatchSettings.of(settings)
    return Watcher(Poller(instance, connection, own), Progress(instance, own))


class Watcher:
    """Ticks of a poller, with its cursor kept after each."""

    def __init__(self, poller: "Poller", progress: "Progress") -> None:
        self._poller = poller
        self._progress = progress
        self._total: TickResult | None = None
        self._began = clock.rfc3339(clock.now())

    def announce(self, notice: "Notice") -> None:
        """Dagster's own log says which runs are over."""

    def tick(self) -> float:
        """Everything that has ended, unless it takes longer than the budget; then the next call goes on there."""
        result = self._round()
        self._total = self._total + result if self._total else result
        self._progress.say(f"{self._total} since {self._began}")
        return 0.0 if result.more else PAUSE

    def catch_up(self, deadline: float = float("inf")) -> "TickResult":
        """Rounds until nothing is waiting, or that moment of time.monotonic has come."""
        total = self._round()
        while total.more and time.monotonic() < deadline:
            total += self._round()
        return total

    def drain(self, deadline: float) -> None:
        """What has ended by now, also what has just ended."""
        self._poller.hurry()
        self.catch_up(deadline)

    def close(self) -> None:
        """The connection is the agent's."""
        self._poller.instance.dispose()

    def _round(self) -> "TickResult":
        cursor, result = self._poller.tick(self._progress.cursor())
        self._progress.keep(cursor)
        return result
