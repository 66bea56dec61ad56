"""What DataTracing has in one Airflow process: a recorder for hooks. All that it does is append to a file."""

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from datatracing.capture import CaptureSettings, Notice, Recorder, guard, redaction
from datatracing.model.event import ErrorInfo, EventKind, Statement, Times
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing_airflow import compat, links
from datatracing_airflow.attendance import Attendance
from datatracing_airflow.settings import all_settings, capture_settings

if TYPE_CHECKING:
    from datatracing.connection import Connection

log = logging.getLogger("datatracing")

EVERYDAY = Statement(
    EventKind.ENDED,
    RunRef(links.ORCHESTRATOR, "default", "dag", "manual__2026-01-01T00:00:00+00:00"),
    SpanKey("task", 0, 1),
    State.FAILED,
    "failed",
    times=Times(started_at=0, ended_at=1),
    upstream=("another",),
    attributes={"url": "https://host/path?a=b", "list": ["a@host b: c, 1234 5678 9012 3456", "_Operator.of_host"]},
    error=ErrorInfo(
        "OperationalError",
        "(connection failed) host='10.0.0.1' user='etl' password=secret postgresql://etl:secret@host/db {'token': 'x'}",
        'Traceback (most recent call last):\n  File "/dags/a.py", line 1, in f\n    f(key="x")\nValueError: -p x\n',
    ),
)
"""What the end of an attempt looks like to the patterns that look for secrets."""
_switch = {"silent": False}


class Tracer:
    """Made once per process, in every kind of Airflow process."""

    def __init__(self, settings: CaptureSettings) -> None:
        self.settings = settings
        self.namespace = settings.namespace
        self.recorder = Recorder(settings, redaction(settings, compat.mask))
        # Tasks are forks of a process that has loaded us: what is made here, no task's first hook makes.
        self.recorder.rehearse(EVERYDAY)
        self.attendance = Attendance(self.recorder.settings)

    def say(self, statement: Statement) -> None:
        """Into the spool; see Recorder.say."""
        self.recorder.say(statement)

    def ended(self, dag_id: str, run_id: str, *, settle: bool = True) -> None:
        """Let the watcher read the run's record. Without `settle` at once: no hook of it is still on its way."""
        self.recorder.notice(Notice(links.ORCHESTRATOR, self.namespace, dag_id, run_id, settle=settle))

    def attend(self) -> None:
        """There is to be an agent for as long as this process lives: a scheduler, or an api-server."""
        self.attendance.look()

    def leave(self) -> None:
        """The last hook of a task's process. Nothing is waited for, except where the spool dies with the process.

        The file is let go of here and not by the kernel when the process exits: when its last socket has closed,
        Airflow's supervisor looks whether the process is gone, and if it is not quite, looks again seconds later.
        """
        self.recorder.close()


def open_store() -> "Connection":
    """The configured store. SQLite's tables are made here, since that file has no administrator; elsewhere a store
    that was not prepared raises SchemaMismatchError when it is used."""
    from datatracing.connection import connect_and_prepare

    return connect_and_prepare(all_settings())


def silence() -> None:
    """This process uses Airflow and is none of its components: nothing of ours listens or serves in it."""
    _switch["silent"] = True


@lru_cache(maxsize=1)
def tracer() -> Tracer | None:
    """This process's tracer; None when no store is configured, or when what is configured cannot be used."""
    if _switch["silent"]:
        return None
    made: list[Tracer] = []
    with guard("airflow.configure"):
        _configure(made.append)
    return made[0] if made else None


def _configure(use: Callable[[Tracer], None]) -> None:
    from datatracing.errors import BadInputError

    try:
        settings = capture_settings()
        if settings.store:
            use(Tracer(settings))
            return
    except BadInputError as error:
        log.warning("DataTracing is off: %s", error)
    else:
        log.info("DataTracing is off: set DATATRACING_STORE, or store in the section [datatracing] of airflow.cfg.")
