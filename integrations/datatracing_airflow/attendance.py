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
from datatracing_airflow import links, session

DUTY = lease.WATCH.format(links.ORCHESTRATOR)
"""An agent that a task has started ships, and cannot read Airflow's records: that is not enough here."""
FIRST_PAUSE = 5.0
"""Seconds; doubled with each attempt, since agents that cannot do their duty must not pile up."""
AIRFLOWS = frozenset({"airflow", "__main__.py", "gunicorn", "uvicorn", "celery"})
"""Names of the programs that Airflow's components run as."""


class Attendance:
    """Of one process. A forked child has none of its own until it asks for it."""

    def __init__(self, settings: CaptureSettings) -> None:
        self._settings = settings
        self._process = 0
        self._pause = self._next = 0.0

    def look(self) -> None:
        """Start the agent, or another one where it has died. Milliseconds then, else microseconds. Never raises."""
        with guard("airflow.attend"):
            if self._process != os.getpid():
                self._process, self._pause = os.getpid(), FIRST_PAUSE
                self._start()
            elif time.monotonic() >= self._next and not lease.held(self._settings.spool_dir, DUTY):
                self._start()

    def _start(self) -> None:
        self._next = time.monotonic() + self._pause
        self._pause *= 2
        summon(self._settings, attend=self._process)


def plays_runs(argv: Sequence[str] = sys.argv, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this program is to execute a run in its own process. Airflow takes its database from a real worker."""
    if session.forbidden(environ):
        return False
    return list(argv[1:3]) == ["dags", "test"] or Path(argv[0] if argv else "").name not in AIRFLOWS
