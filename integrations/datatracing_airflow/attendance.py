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
from datatracing_airflow import session

PAUSE = 2.0
"""Seconds between two attempts. Shorter than a run: where the agent died as one began, its end sees to the next."""
AIRFLOWS = frozenset({"airflow", "__main__.py", "execute_workload.py", "gunicorn", "uvicorn", "celery"})
"""Names of the programs that Airflow's components run as."""


class Attendance:
    """Of whatever process looks. An agent that a task has started is not enough: it cannot read Airflow's records."""

    def __init__(self, settings: CaptureSettings) -> None:
        self._settings = settings
        self._next = 0.0

    def look(self) -> None:
        """Start the agent, or another one where it has died. Milliseconds then, else microseconds. Never raises."""
        now = time.monotonic()
        if self._settings.ship == SELF or now < self._next:
            return
        with guard("airflow.attend"):
            if not lease.held(self._settings.spool_dir, lease.ATTEND.format(os.getpid())):
                self._next = now + PAUSE
                summon(self._settings, attend=os.getpid())


def plays_runs(argv: Sequence[str] = sys.argv, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this program is to execute a run in its own process. Airflow takes its database from a real worker."""
    if session.forbidden(environ):
        return False
    return list(argv[1:3]) == ["dags", "test"] or Path(argv[0] if argv else "").name not in AIRFLOWS
