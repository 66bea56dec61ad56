"""What DataTracing has in one Airflow process: a recorder for hooks, and a finalizer where runs are completed."""

import atexit
import logging
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from datatracing.capture import Recorder, guard, redaction
from datatracing.context.address import is_file
from datatracing.redact import Redactor
from datatracing_airflow import compat
from datatracing_airflow.finalizer import Finalizer
from datatracing_airflow.settings import PluginSettings, all_settings

if TYPE_CHECKING:
    from datatracing.connection import Connection
    from datatracing_airflow.completion import Completion
    from datatracing_airflow.mapping import Statement

log = logging.getLogger("datatracing")

DRAIN_SECONDS = 10.0
EVERYDAY = {"url": "https://host/path?a=b", "list": ["a@host b: c, 1234 5678 9012 3456"]}
"""What everyday attributes look like, to the patterns that look at them."""


class Tracer:
    """Made once per process, in every kind of Airflow process; all that costs something is made when first needed."""

    def __init__(self, settings: PluginSettings) -> None:
        self.settings = settings
        self.namespace = settings.capture.namespace
        self.recorder = Recorder(settings.capture, rehearsed(redaction(settings.capture, compat.mask)))
        self.finalizer = Finalizer(self._completion, settings.settle_seconds, settings.sweep_seconds)
        # Before the recorder's own, which has been registered earlier: what is completed here has to be delivered too.
        atexit.register(self.finalizer.drain, DRAIN_SECONDS)

    def say(self, statement: "Statement") -> None:
        """Into the spool; see Recorder.emit."""
        self.recorder.emit(**vars(statement))

    def ended(self, dag_id: str, run_id: str) -> None:
        """The run is to be completed, where that can be done from here."""
        if compat.full():
            self.finalizer.submit((dag_id, run_id))

    def watch(self, scheduling: Callable[[], bool]) -> None:
        """As soon as this turns out to be a scheduler: ship what dead tasks have left, find what nobody announced."""
        if compat.full():
            self.finalizer.watch(scheduling)

    def stop(self) -> None:
        """The host component is about to end."""
        self.finalizer.drain(DRAIN_SECONDS)

    def _completion(self) -> "Completion":
        from datatracing_airflow.completion import Completion

        return Completion(open_store(), self.recorder)


def rehearsed(redactor: Redactor) -> Redactor:
    """Tasks are forks of a process that has loaded us: what is compiled here, no task's first hook compiles."""
    redactor.attributes(EVERYDAY)
    return redactor


def open_store() -> "Connection":
    """The configured store. SQLite's tables are made here, since that file has no administrator; elsewhere a store
    that was not prepared raises SchemaMismatchError when it is used."""
    from datatracing.connection import connect

    settings = all_settings()
    return connect(settings=settings, migrate=is_file(settings.store))


@lru_cache(maxsize=1)
def tracer() -> Tracer | None:
    """This process's tracer; None when no store is configured, or when what is configured cannot be used."""
    made: list[Tracer] = []
    with guard("airflow.configure"):
        _configure(made.append)
    return made[0] if made else None


def _configure(use: Callable[[Tracer], None]) -> None:
    from datatracing.errors import BadInputError

    try:
        settings = PluginSettings.read()
        if settings.capture.store:
            use(Tracer(settings))
            return
    except BadInputError as error:
        log.warning("DataTracing is off: %s", error)
    else:
        log.info("DataTracing is off: set DATATRACING_STORE, or store in the section [datatracing] of airflow.cfg.")
