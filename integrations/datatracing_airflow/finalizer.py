"""Completes runs in the background of a long-lived process: scheduler, api-server, or the one process of dag.test().

A hook that says a run has ended fires in the middle of the host's transaction, and the hooks of the run's last tasks
may still be on their way. So the hook only puts the run's name into a queue; a thread waits a settle time, reads what
Airflow has committed, and completes the run. A run that cannot be completed now is tried again, each time later.
"""

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Protocol

from datatracing.capture import guard
from datatracing.errors import DataTracingError, StoreUnreachableError
from datatracing_airflow.agenda import Agenda, RunId

log = logging.getLogger("datatracing")

QUEUE_LIMIT = 10_000
RECONCILE_SECONDS = 60.0
IDLE = 1.0
"""Seconds that the thread sleeps at most, so that it hears about its end."""
LONGEST_REST = 60.0


class Work(Protocol):
    """What there is to do with a run, and between runs. Used by one thread at a time."""

    def deliver(self) -> None:
        """Bring to the store what this host's processes have captured, the dead ones' too."""

    def complete(self, run: RunId) -> bool:
        """Store Airflow's record of the run and seal it. False: Airflow does not say that it is over."""

    def sweep(self) -> None:
        """Open what has begun, seal again what came late."""

    def missed(self) -> list[RunId]:
        """Finished runs whose end nobody announced."""


class Finalizer:
    """`submit` is all that a hook calls: it neither waits nor raises. Everything else runs on one daemon thread."""

    def __init__(self, begin: Callable[[], Work], settle: float, sweep: float) -> None:
        """`begin` opens what the work needs, on the thread, as often as it takes. `settle` and `sweep` are seconds."""
        self.settle, self.sweep = settle, sweep
        self._begin = begin
        self._work: Work | None = None
        self._parents: list[Work | None] = []
        self._asked: Callable[[], bool]
        self._reset()
        os.register_at_fork(after_in_child=self._forked)

    def submit(self, run: RunId) -> None:
        """The run has ended, or so it seems. When the queue is full the run is left to the reconciler, and counted."""
        try:
            self._announced.put_nowait(run)
        except Full:
            self.counters["dropped.queue"] += 1
        self._awaken()

    def watch(self, asked: Callable[[], bool] = lambda: True) -> None:
        """Also look for what nobody submits, from the moment on at which `asked` says so: it is asked on the thread."""
        self._asked = asked
        self._awaken()

    def drain(self, timeout: float) -> bool:
        """Complete now what is waiting, settle time or not; whether nothing is left. For the end of a process."""
        deadline = time.monotonic() + timeout
        self._stopped.set()
        if self._thread is not None:
            with suppress(Full):  # then it is awake
                self._announced.put_nowait(None)
            self._thread.join(timeout)
            if self._thread.is_alive():
                return False
        self._listen(0)
        with guard("airflow.finalizer.drain"):
            self._finish(deadline)
        return not len(self._agenda)

    @property
    def dropped(self) -> Counter[str]:
        """Runs left to the reconciler, by reason."""
        return self._agenda.dropped

    def _finish(self, deadline: float) -> None:
        try:
            self._complete(self._agenda.due(float("inf")), deadline)
            if self._work is not None:
                self._work.sweep()  # what was delivered after a seal of this process
        except DataTracingError as error:
            log.warning("DataTracing leaves the runs that have ended to whoever looks next: %s", error)

    def _reset(self) -> None:
        self.counters: Counter[str] = Counter()
        self._announced: Queue[RunId | None] = Queue(QUEUE_LIMIT)
        self._agenda = Agenda(QUEUE_LIMIT)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stopped = threading.Event()
        self._asked = bool
        self._watching = False
        self._rest = self._next_try = self._next_sweep = self._next_look = 0.0

    def _forked(self) -> None:
        """A child owes nothing of what its parent has to do. The parent's connections are kept for ever: to let go of
        them here would close them there."""
        self._parents.append(self._work)
        self._work = None
        self._reset()

    def _awaken(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._stopped.clear()
                self._thread = threading.Thread(target=self._run, name="datatracing-finalizer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._listen(self._pause())
            if time.monotonic() >= self._next_try and not self._stopped.is_set():
                with guard("airflow.finalizer"):
                    self._turn(time.monotonic())

    def _pause(self) -> float:
        upcoming = [self._agenda.next()]
        upcoming += [self._next_sweep, self._next_look] if self._watching else []
        now = time.monotonic()
        soonest = min((at for at in upcoming if at is not None), default=now + IDLE)
        return max(0.0, min(max(soonest, self._next_try) - now, IDLE))

    def _listen(self, seconds: float) -> None:
        """Wait for an announcement and put all there are on the agenda."""
        with suppress(Empty):
            run = self._announced.get(block=seconds > 0, timeout=seconds)
            while True:
                if run is not None:
                    self._agenda.add(run, time.monotonic() + self.settle)
                run = self._announced.get_nowait()

    def _turn(self, now: float) -> None:
        """Nothing is tried, and no run is given up, while the store is away or we fail before we get to a run."""
        try:
            self._complete(self._agenda.due(now), float("inf"))
            self._watching = self._watching or self._asked()
            if self._watching:
                self._look_around(now)
        except Exception as error:
            self._pause_after(error, now)
            if not isinstance(error, DataTracingError):
                raise
        else:
            self._rest = 0.0

    def _pause_after(self, error: Exception, now: float) -> None:
        if not self._rest and isinstance(error, DataTracingError):
            log.warning("DataTracing cannot complete runs now and goes on trying: %s", error)
        self.counters["interrupted"] += 1
        self._rest = min(self._rest * 2 or IDLE, LONGEST_REST)
        self._next_try = now + self._rest

    def _complete(self, runs: list[RunId], deadline: float) -> None:
        if not runs:
            return
        work = self._opened()
        work.deliver()
        for run in runs:
            if time.monotonic() > deadline:
                return
            self._complete_one(work, run)

    def _complete_one(self, work: Work, run: RunId) -> None:
        try:
            over = work.complete(run)
        except StoreUnreachableError:
            raise
        except Exception:
            self._agenda.again(run, time.monotonic(), "failed")
            with guard("airflow.finalizer.run"):
                raise
            return
        if over:
            self.counters["completed"] += 1
            self._agenda.done(run)
        else:
            self._agenda.again(run, time.monotonic(), "not finished")

    def _look_around(self, now: float) -> None:
        work = self._opened()
        if now >= self._next_sweep:
            work.sweep()
            self._next_sweep = now + self.sweep
        if now >= self._next_look:
            work.deliver()
            for run in work.missed():
                self._agenda.add(run, now + self.settle)
            self._next_look = now + RECONCILE_SECONDS

    def _opened(self) -> Work:
        if self._work is None:
            self._work = self._begin()
        return self._work
