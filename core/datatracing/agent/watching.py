"""The duty to watch one orchestrator: its watcher on a thread of its own, called when something is due."""

import logging
import time
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING

from datatracing.agent.breaker import Breaker
from datatracing.agent.watcher import OpenWatcher, Watcher
from datatracing.capture.guard import guard
from datatracing.capture.notice import Notice
from datatracing.errors import DataTracingError

if TYPE_CHECKING:
    from datatracing.connection import Connection
    from datatracing.settings import Settings

log = logging.getLogger("datatracing")

LONGEST = 60.0
"""Seconds between two ticks, whatever a watcher says."""


class Watching:
    """Of one orchestrator. `reachable` is False once it is known that its records cannot be read from here."""

    def __init__(self, orchestrator: str, open_watcher: OpenWatcher, settings: "Settings") -> None:
        self.orchestrator = orchestrator
        self.reachable = True
        self._open = open_watcher
        self._settings = settings
        self._watcher: Watcher | None = None
        self._connection: Connection | None = None
        self._breaker = Breaker(settings.retry_limit)
        self._notices: SimpleQueue[Notice | None] = SimpleQueue()
        self._heard: list[Notice] = []
        """Kept while there is no watcher yet."""
        self._deadline: float | None = None
        self._thread = Thread(target=self._run, name=f"datatracing-watch-{orchestrator}", daemon=True)
        self._over = Event()

    def start(self) -> None:
        """In the background."""
        self._thread.start()

    @property
    def outage(self) -> str:
        """Why its last tick failed; empty while all is well."""
        return self._breaker.reason

    def announce(self, notice: Notice) -> None:
        """At once; the watcher hears it on its own thread."""
        self._notices.put(notice)

    def end(self, deadline: float) -> None:
        """The host is ending: complete what is announced, until that moment of time.monotonic, and end."""
        self._deadline = deadline
        self._notices.put(None)

    def wait(self) -> None:
        """Until it has ended, or has had its time."""
        self._over.wait(max(0.0, (self._deadline or 0.0) - time.monotonic()) + 1.0)

    def _run(self) -> None:
        try:
            while self._deadline is None and self.reachable:
                self._turn()
            with guard("agent.watch.drain"):
                if self._watcher is not None and self._deadline is not None:
                    self._hear(0.0)
                    self._hand_on(self._watcher)
                    self._watcher.drain(self._deadline)
        finally:
            self._close()
            self._over.set()

    def _turn(self) -> None:
        pause = self._breaker.remaining()
        if not pause:
            try:
                pause = self._tick()
            except DataTracingError as error:
                self._failed(str(error))
            except Exception:
                self._failed("an error of DataTracing itself")
                with guard(f"agent.watch.{self.orchestrator}"):
                    raise
        if self.reachable:
            self._hear(min(pause, LONGEST))

    def _tick(self) -> float:
        if self._watcher is None:
            self._watcher = self._opened()
        if self._watcher is None:
            self.reachable = False
            return 0.0
        self._hear(0.0)
        self._hand_on(self._watcher)
        pause = self._watcher.tick()
        self._breaker.reset()
        return pause

    def _opened(self) -> Watcher | None:
        from datatracing.connection import connect_and_prepare

        if self._connection is None:
            self._connection = connect_and_prepare(self._settings)
        return self._open(self._settings, self._connection)

    def _hear(self, seconds: float) -> None:
        """Wait so long for a notice, and take all there are."""
        until = time.monotonic() + seconds
        while True:
            try:
                notice = self._notices.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                return
            if notice is None:
                return
            self._heard.append(notice)
            until = min(until, time.monotonic())

    def _hand_on(self, watcher: Watcher) -> None:
        while self._heard:
            watcher.announce(self._heard.pop(0))

    def _failed(self, why: str) -> None:
        if not self._breaker.reason:
            log.warning("DataTracing cannot complete runs of %s now and goes on trying: %s", self.orchestrator, why)
        self._breaker.trip(why)

    def _close(self) -> None:
        with guard("agent.watch.close"):
            if self._watcher is not None:
                self._watcher.close()
            if self._connection is not None:
                self._connection.close()
