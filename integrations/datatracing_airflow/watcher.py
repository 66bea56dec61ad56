"""Airflow's watcher, in the agent's process: completes the runs that Airflow has ended.

A hook that says a run has ended fires in the middle of the host's transaction, and the hooks of the run's last tasks
may still be on their way. So the watcher waits a settle time, reads what Airflow has committed, and completes the run.
A run that cannot be completed now is tried again, each time later. What nobody announced, the reconciler finds.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from datatracing.capture import Notice, guard
from datatracing.errors import DataTracingError, StoreUnreachableError
from datatracing_airflow import session
from datatracing_airflow.agenda import Agenda, RunId

if TYPE_CHECKING:
    from datatracing.connection import Connection
    from datatracing.settings import Settings

log = logging.getLogger("datatracing")

AGENDA_LIMIT = 10_000
RECONCILE_SECONDS = 60.0


class Work(Protocol):
    """What there is to do with a run, and between runs. Used by one thread at a time."""

    def complete(self, run: RunId) -> bool:
        """Store Airflow's record of the run and seal it. False: Airflow does not say that it is over."""

    def give_up(self, run: RunId, error: Exception) -> None:
        """Note that the run could not be read, however often."""

    def sweep(self) -> None:
        """Open what has begun, seal again what came late."""

    def missed(self) -> list[RunId]:
        """Finished runs whose end nobody announced."""

    def close(self) -> None:
        """Give back what the work holds."""


def open_watcher(settings: "Settings", connection: "Connection") -> "AirflowWatcher | None":
    """None where Airflow's records cannot be reached from here. It is found out before Airflow, which takes seconds,
    is imported."""
    if not session.reachable():
        return None
    session.begin()
    from datatracing_airflow.completion import Completion

    return AirflowWatcher(Completion(connection, settings.capture()), settings.settle_seconds, settings.sweep_seconds)


class AirflowWatcher:
    """See datatracing.agent.watcher. `settle` and `sweep` are seconds."""

    def __init__(self, work: Work, settle: float, sweep: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.settle, self.sweep = settle, sweep
        self.completed = 0
        self._work, self._clock = work, clock
        self._agenda = Agenda(AGENDA_LIMIT)
        self._next_sweep = self._next_look = 0.0

    @property
    def dropped(self) -> Counter[str]:
        """Runs left to the reconciler, by reason."""
        return self._agenda.dropped

    def announce(self, notice: Notice) -> None:
        """The run has ended, or so it seems. What does not fit is left to the reconciler, and counted."""
        wait = self.settle if notice.settle else 0.0
        self._agenda.add((notice.pipeline, notice.run_id), self._clock() + wait)

    def tick(self) -> float:
        """Do what is due; seconds until there is more. Nothing is given up while the store is away: it raises."""
        now = self._clock()
        self._complete(self._agenda.due(now), float("inf"))
        self._look_around(now)
        upcoming = [self._next_sweep, self._next_look, self._agenda.next()]
        return max(0.0, min(at for at in upcoming if at is not None) - self._clock())

    def drain(self, deadline: float) -> None:
        """The host is ending: complete now what waits, settled or not, and what could not be announced."""
        try:
            self._complete(self._agenda.due(float("inf")), deadline)
            self._complete(self._missed(), deadline)
            self._work.sweep()  # what was delivered after a seal
        except DataTracingError as error:
            log.warning("DataTracing leaves the runs that have ended to whoever looks next: %s", error)

    def close(self) -> None:
        """Give back Airflow's connections."""
        self._work.close()

    def _complete(self, runs: list[RunId], deadline: float) -> None:
        for run in runs:
            if self._clock() > deadline:
                return
            self._complete_one(run)

    def _complete_one(self, run: RunId) -> None:
        try:
            over = self._work.complete(run)
        except StoreUnreachableError:
            raise
        except Exception as error:
            if not self._agenda.again(run, self._clock(), "failed"):
                self._work.give_up(run, error)
            with guard("airflow.watcher.run"):
                raise
            return
        if over:
            self.completed += 1
            self._agenda.done(run)
        else:
            self._agenda.again(run, self._clock(), "not finished")

    def _look_around(self, now: float) -> None:
        if now >= self._next_sweep:
            self._work.sweep()
            self._next_sweep = now + self.sweep
        if now >= self._next_look:
            self._missed(now + self.settle)
            self._next_look = now + RECONCILE_SECONDS

    def _missed(self, due: float = 0.0) -> list[RunId]:
        """Those on the agenda keep their place: they would begin to wait anew."""
        found = [run for run in self._work.missed() if run not in self._agenda]
        for run in found:
            self._agenda.add(run, due)
        return found
