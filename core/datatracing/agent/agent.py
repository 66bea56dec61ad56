"""The one process per host and spool directory that brings to the store what everybody there has captured.

It takes the duties that nobody has, and stands by for those that somebody has: nothing heavy is imported before.
"""

import logging
import os
import time
from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from datatracing.agent import notices
from datatracing.agent.breaker import Breaker
from datatracing.agent.folding import Folding
from datatracing.agent.host import Host
from datatracing.agent.leases import Lease, forget_the_dead
from datatracing.agent.watcher import GROUP, OpenWatcher, Watcher
from datatracing.capture import lease
from datatracing.capture.guard import guard
from datatracing.capture.notice import Notice
from datatracing.errors import DataTracingError

if TYPE_CHECKING:
    from datatracing.agent.shipping import Shipping
    from datatracing.agent.watching import Watching
    from datatracing.capture import CaptureSettings
    from datatracing.connection import Connection
    from datatracing.settings import Settings

log = logging.getLogger("datatracing")

PACE = 0.2
"""Seconds between two looks at the spool."""
STAND_BY = 1.0
"""Seconds between two looks of an agent that has no duty, or at the duties it has not."""
FAREWELL = 10.0
"""Seconds for what is left to do when the host has ended."""
PUBLISH = 2.0


class Agent:
    """`attend`: ends with that process. `on_demand`: ends when there was nothing to do for a while."""

    def __init__(self, capture: "CaptureSettings", *, attend: int = 0, on_demand: bool = False) -> None:
        self._capture = capture
        self._host = Host(attend) if attend else None
        self._on_demand = on_demand
        self._stopped = False
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._attends: Lease | None = None
        self._lease: Lease | None = None
        self._watch_leases: dict[str, Lease] = {}
        self._shipping: Shipping | None = None
        self._watching: dict[str, Watching] = {}
        self._unreachable: set[str] = set()
        self._settings: Settings | None = None
        self._breaker = Breaker(capture.retry_limit)
        self._watchers = list(entry_points(group=GROUP))
        self._folding = Folding()
        self._since = time.monotonic()
        self._next_duties = self._next_publish = 0.0
        self._said: dict[str, object] = {}
        self._began = int(time.time())

    def run(self) -> None:
        """Until it is told to stop, its host has ended or has another one, or it has been idle for long enough."""
        if self._host is not None and not self._attend(self._host):
            return
        self._duties()
        while not self._over():
            self._hear()
            self._ship()
            self._say()
            with suppress(Empty):
                self._wake.get(timeout=self._pause())
            self._duties()
        self._farewell()

    def stop(self) -> None:
        """From a signal handler, where no lock may be taken: end after a last, bounded delivery."""
        self._stopped = True
        self._wake.put(None)

    def _attend(self, host: Host) -> bool:
        """False where another agent does."""
        directory = self._capture.spool_dir
        with guard("agent.attend"):
            forget_the_dead(directory)
            self._attends = Lease.take(directory, lease.ATTEND.format(host.pid))
            return self._attends is not None
        return True  # the directory cannot be used now, and may be later

    def _over(self) -> bool:
        if self._stopped or (self._host is not None and not self._host.alive):
            return True
        if not self._on_demand:
            return False
        if self._lease is None and not self._watching:
            return True  # somebody else was faster
        return time.monotonic() - self._since > self._all().agent_idle_seconds

    def _pause(self) -> float:
        if self._lease is None and not self._watching:
            return STAND_BY
        return min(self._breaker.remaining() or PACE, STAND_BY)

    def _duties(self) -> None:
        """Take what nobody has; what waits, or may still be said, is something to do."""
        if self._shipping is not None and self._shipping.busy:
            self._since = time.monotonic()
        now = time.monotonic()
        if now < self._next_duties:
            return
        self._next_duties = now + STAND_BY
        with guard("agent.duties"):
            if self._lease is not None and not self._lease.valid:
                self._lose_duty(self._lease)
            if self._lease is None:
                self._lease = Lease.take(self._capture.spool_dir, lease.SHIP)
            for entry in self._watchers:
                self._watch(entry)

    def _lose_duty(self, lost: Lease) -> None:
        """Somebody has tidied up: another agent cannot see that this one has the duty."""
        self._lease = None
        if self._shipping is not None:
            self._shipping.close()
            self._shipping = None
        lost.release()

    def _watch(self, entry: EntryPoint) -> None:
        name = entry.name
        current = self._watching.get(name)
        if current is not None and not current.reachable:
            self._unreachable.add(name)
            del self._watching[name]
            self._watch_leases.pop(name).release()
        if name in self._watching or name in self._unreachable:
            return
        taken = Lease.take(self._capture.spool_dir, lease.WATCH.format(name))
        if taken is not None:
            self._watch_leases[name] = taken
            self._begin_watching(entry)

    def _begin_watching(self, entry: EntryPoint) -> None:
        from datatracing.agent.watching import Watching

        watching = self._watching[entry.name] = Watching(entry.name, _loaded(entry), self._all())
        watching.start()
        self._since = time.monotonic()

    def _hear(self) -> None:
        """What another agent has read for a watcher that is here."""
        for name, watching in self._watching.items():
            for notice in notices.take(self._capture.spool_dir, name):
                watching.announce(notice)

    def _ship(self) -> None:
        if self._lease is None or self._breaker.remaining():
            return
        try:
            self._turn()
        except DataTracingError as error:
            self._away(str(error))
        except Exception:
            self._away("an error of DataTracing itself")
            with guard("agent.ship"):
                raise
        else:
            if self._breaker.reason:
                log.info("DataTracing delivers again.")
            self._breaker.reset()

    def _turn(self) -> None:
        shipping = self._opened()
        spoken = shipping.turn()
        if spoken:
            self._since = time.monotonic()
        self._folding.add(spoken)
        self._folding.fold(shipping.fold)
        if time.monotonic() >= self._next_publish:
            self._next_publish = time.monotonic() + PUBLISH
            shipping.publish()

    def _away(self, why: str) -> None:
        """Once when an outage begins. Events wait; the connection is opened anew."""
        if not self._breaker.reason:
            log.warning("DataTracing: %s. Events wait in %s.", why, self._capture.spool_dir)
        self._breaker.trip(why)
        if self._shipping is not None:
            self._shipping.publish()
            self._shipping.hang_up()

    def _opened(self) -> "Shipping":
        from datatracing.agent.shipping import Shipping
        from datatracing.agent.sinks import open_sink

        if self._shipping is None:
            self._shipping = Shipping(self._capture, open_sink(self._all()), self._notify)
        return self._shipping

    def _notify(self, notice: Notice) -> None:
        """To the watcher here, or to that of another agent. Where there is none, whoever reconciles finds the run."""
        directory = self._capture.spool_dir
        if watching := self._watching.get(notice.orchestrator):
            watching.announce(notice)
        elif lease.held(directory, lease.WATCH.format(notice.orchestrator)):
            with guard("agent.notices"):
                notices.post(directory, notice)

    def _all(self) -> "Settings":
        from datatracing.settings import Settings

        if self._settings is None:
            self._settings = Settings()
        return self._settings

    def _say(self) -> None:
        """For whoever asks `agent status`."""
        facts: dict[str, object] = {
            "pid": os.getpid(),
            "began": self._began,
            "attends": self._host.pid if self._host else None,
            "watches": sorted(self._watching),
            "outage": self._breaker.reason,
        }
        outages = {name: watching.outage for name, watching in self._watching.items()}
        said: dict[str, object] = {"ship": facts, **outages}
        if said == self._said:
            return
        self._said = said
        if self._lease is not None:
            self._lease.say(facts)
        for name, taken in self._watch_leases.items():
            taken.say({**facts, "outage": outages.get(name, "")})

    def _farewell(self) -> None:
        """What has been said up to the end of the host, and the runs that ended with it."""
        deadline = time.monotonic() + FAREWELL
        self._last_turn()
        for watching in self._watching.values():
            watching.end(deadline)
        for watching in self._watching.values():
            watching.wait()
        self._last_turn()
        if self._shipping is not None:
            self._shipping.close()

    def _last_turn(self) -> None:
        if self._lease is None:
            return
        with guard("agent.farewell"):
            try:
                self._folding.hurry()
                self._turn()
            except DataTracingError as error:
                log.info("DataTracing leaves what waits to the next agent: %s", error)


def _loaded(entry: EntryPoint) -> OpenWatcher:
    """Loaded on the watcher's own thread, since that may take seconds."""

    def load_and_open(settings: "Settings", connection: "Connection") -> Watcher | None:
        opened: Watcher | None = entry.load()(settings, connection)
        return opened

    return load_and_open
