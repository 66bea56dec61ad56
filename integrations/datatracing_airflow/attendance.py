"""An agent for as long as this process lives: what scheduler and api-server see to, and no task.

So does a program that plays a run itself, with `airflow dags test` or its own `dag.test()`: an agent takes seconds to
import Airflow, and when the program's first task begins there may be less than one left.
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from datatracing.capture import CaptureSettings, guard, lease, summon
from datatracing.capture.settings import SELF
from datatracing_airflow import links, session

DUTY = lease.WATCH.format(links.ORCHESTRATOR)
"""An agent that a task has started ships, and cannot read Airflow's records: that is not enough here."""
FIRST_PAUSE = 5.0
"""Seconds between two attempts; doubled while there are agents and none can watch, since they must not pile up."""
AIRFLOWS = frozenset({"airflow", "__main__.py", "execute_workload.py", "gunicorn", "uvicorn", "celery"})
"""Names of the programs that Airflow's components run as."""


class Attendance:
    """Of one process. A forked child has none of its own until it asks for it."""

    def __init__(self, settings: CaptureSettings) -> None:
        self._settings = settings
        self._process = 0
        self._pause = self._next = 0.0

    def look(self) -> None:
        """Start the agent, or another one where it has died. Milliseconds then, else microseconds. Never raises."""
        if self._settings.ship == SELF:
            return
        with guard("airflow.attend"):
            if self._process != os.getpid():
                self._process = os.getpid()
                self._start(FIRST_PAUSE)
            elif time.monotonic() >= self._next and not self._held(DUTY):
                self._start(self._pause * 2 if self._held(lease.SHIP) else FIRST_PAUSE)

    def _held(self, duty: str) -> bool:
        return lease.held(self._settings.spool_dir, duty)

    def _start(self, pause: float) -> None:
        self._pause, self._next = pause, time.monotonic() + pause
        summon(self._settings, attend=self._process)


def plays_runs(argv: Sequence[str] = sys.argv, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this program is to execute a run in its own process. Airflow takes its database from a real worker."""
    if session.forbidden(environ):
        return False
    return list(argv[1:3]) == ["dags", "test"] or Path(argv[0] if argv else "").name not in AIRFLOWS
