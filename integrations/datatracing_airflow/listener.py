"""The hooks that Airflow calls. Each one reads its object, appends a line to a file, and is gone: law 1.

They come first in line, because the first listener that raises keeps Airflow from asking the others; they take no
`session`, which Airflow 3 does not hand out; and a hook that this Airflow does not know is never called.
"""

import os
import sys
from typing import Any

from airflow.listeners import hookimpl  # noqa: TID253  # only Airflow imports this module, and it has loaded this one

from datatracing.capture import guard
from datatracing.model import clock
from datatracing.model.event import Statement
from datatracing_airflow import mapping
from datatracing_airflow.states import raw
from datatracing_airflow.tracer import Tracer

SCHEDULER = "scheduler"
"""Airflow's command that starts one."""
WORKER = "TaskRunnerMarker"


class Listener:
    """One object for both of Airflow's listener managers, the core's and the task SDK's."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self._current: Any = None
        """The task instance that this process is executing, until it has said how it ended."""
        self._executor = 0
        """The process that has executed a task here: this one, or one that it was forked from."""

    @hookimpl(tryfirst=True)
    def on_task_instance_running(self, task_instance: Any) -> None:
        """In a worker, before every execution; nowhere else."""
        with guard("airflow.running"):
            self._current, self._executor = task_instance, os.getpid()
            self.tracer.say(mapping.attempt_started(task_instance, self.tracer.namespace))

    @hookimpl(tryfirst=True)
    def on_task_instance_success(self, previous_state: Any, task_instance: Any) -> None:
        """In a worker; in the api-server when somebody marks a task."""
        with guard("airflow.success"):
            self._ended(previous_state, task_instance, None)

    @hookimpl(tryfirst=True)
    def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:
        """In a worker, also for an attempt that will be retried; in the scheduler when it finds a worker dead; in the
        api-server."""
        with guard("airflow.failed"):
            self._ended(previous_state, task_instance, error)

    @hookimpl(tryfirst=True)
    def on_task_instance_skipped(self, previous_state: Any, task_instance: Any) -> None:
        """In a worker, when the task skips itself; in the api-server. Airflow 3.0 has no such hook."""
        with guard("airflow.skipped"):
            self._ended(previous_state, task_instance, None)

    @hookimpl(tryfirst=True)
    def on_dag_run_running(self, dag_run: Any, msg: str) -> None:
        """In the scheduler's loop, inside its transaction."""
        with guard("airflow.run"):
            self.tracer.attend()
            self.tracer.say(mapping.run_changed(dag_run, msg, self.tracer.namespace))

    @hookimpl(tryfirst=True)
    def on_dag_run_success(self, dag_run: Any, msg: str) -> None:
        """In the scheduler's loop, the api-server, or dag.test()."""
        with guard("airflow.run"):
            self._run_ended(dag_run, msg)

    @hookimpl(tryfirst=True)
    def on_dag_run_failed(self, dag_run: Any, msg: str) -> None:
        """The same."""
        with guard("airflow.run"):
            self._run_ended(dag_run, msg)

    @hookimpl(tryfirst=True)
    def on_starting(self, component: Any) -> None:
        """A component, or a worker before it has looked at its task.

        A component that is starting does not know yet what it will be: Airflow tells it right after this hook. Where
        the command does not tell either, the first run that begins does.
        """
        with guard("airflow.starting"):
            if _is_record(component) and SCHEDULER in sys.argv[1:2]:
                self.tracer.attend()

    @hookimpl(tryfirst=True)
    def before_stopping(self, component: Any) -> None:
        """After this a worker leaves with `os._exit`. A component has nothing to do: its agent sees it end."""
        with guard("airflow.stopping"):
            if type(component).__name__ == WORKER:
                self._worker_stops()

    def _ended(self, previous: Any, instance: Any, error: Any) -> None:
        at, namespace = clock.now(), self.tracer.namespace
        if not _is_record(instance):
            self._current = None
            self.tracer.say(mapping.attempt_ended(instance, error, namespace, at))
            return
        statement = mapping.record_ended(instance, previous, error, namespace, at)
        self.tracer.say(statement)
        if previous is None:
            # Marked by hand. If the run is over already, nothing else tells that its record has changed.
            self.tracer.ended(statement.run.pipeline, statement.run.run_id)

    def _run_ended(self, dag_run: Any, message: str) -> None:
        """Where this process has executed the tasks itself, as in dag.test(), all their hooks have been called."""
        alone = self._executor == os.getpid()
        if not alone:
            self.tracer.attend()
        statement = mapping.run_changed(dag_run, message, self.tracer.namespace)
        self.tracer.say(statement)
        self.tracer.ended(statement.run.pipeline, statement.run.run_id, settle=not alone)

    def _worker_stops(self) -> None:
        """A task that has not said how it ended comes back: it was deferred, or gave its place back. Airflow 3.0 says
        nothing of a skip either."""
        instance, self._current = self._current, None
        if instance is not None:
            self.tracer.say(_leaving(instance, self.tracer.namespace))
        self.tracer.leave()


def _leaving(instance: Any, namespace: str) -> Statement:
    if raw(instance.state) == "skipped":
        return mapping.attempt_ended(instance, None, namespace, clock.now())
    return mapping.attempt_suspended(instance, namespace)


def _is_record(instance: Any) -> bool:
    """A row of the database, in the hands of the scheduler or the api-server, and not a worker's own object."""
    return hasattr(type(instance), "__table__")
