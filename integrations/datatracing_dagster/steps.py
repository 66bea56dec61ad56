"""What a step may say about itself: where it stands in its trace, what it does inside, which records it touches.

Nothing here raises, waits or talks to a store: statements go into the spool (law 1), from where the watcher takes
them. Outside of a step all of it is inert.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from datatracing.capture import error_info, guard
from datatracing.capture.settings import SELF
from datatracing.context.traceparent import Traceparent
from datatracing.model import clock
from datatracing.model.event import EventKind, Statement, Times
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State

if TYPE_CHECKING:
    from datatracing.capture import Recorder

SETTINGS = ("store", "namespace", "token", "spool_dir", "redact_names", "redact_patterns", "redact_key", "ship")
REMEMBERED = 1_000
"""Attempts of this process whose operations are counted by name."""


class StepApi:
    """Mixed into the resource, whose fields are the settings."""

    def headers(self) -> dict[str, str]:
        """`traceparent` of the step that is executing, for whatever it calls; empty outside of a step."""
        with guard("dagster.headers"):
            here = _here(self._namespace())
            if here is not None:
                run, span = here
                return {"traceparent": str(Traceparent(run.trace_id, span.span_id(run.trace_id)))}
        return {}

    def pipes_env(self) -> dict[str, str]:
        """The same for the environment of a Pipes subprocess: `client.run(..., env=tracing.pipes_env())`."""
        return {name.upper(): value for name, value in self.headers().items()}

    @contextmanager
    def span(self, name: str, /, **attributes: Any) -> Iterator[None]:
        """An operation inside the step. What the block raises is noted and goes on its way."""
        said = self._begin(name, attributes)
        try:
            yield
        except BaseException as error:
            self._end(said, State.FAILED, error)
            raise
        self._end(said, State.SUCCESS, None)

    def record(self, key: str) -> None:
        """This step has touched the record with this key."""
        with guard("dagster.record"):
            here = _here(self._namespace())
            if here is not None:
                run, span = here
                self._recorder().say(Statement(EventKind.NOTED, run, span, records=(str(key),)))

    def _begin(self, name: str, attributes: Mapping[str, Any]) -> tuple[RunRef, SpanKey] | None:
        with guard("dagster.span"):
            here = _here(self._namespace())
            if here is not None:
                run, span = here
                key = SpanKey(span.task, attempt=span.attempt, map_key=span.map_key, operation=_unique(run, span, name))
                times = Times(started_at=clock.now())
                self._recorder().say(
                    Statement(EventKind.STARTED, run, key, State.RUNNING, times=times, attributes=attributes)
                )
                return run, key
        return None

    def _end(self, said: tuple[RunRef, SpanKey] | None, state: State, error: BaseException | None) -> None:
        with guard("dagster.span"):
            if said is not None:
                run, key = said
                times = Times(ended_at=clock.now())
                self._recorder().say(Statement(EventKind.ENDED, run, key, state, times=times, error=error_info(error)))

    def _namespace(self) -> str:
        return str(getattr(self, "namespace", "")) or self._recorder().settings.namespace

    def _recorder(self) -> "Recorder":
        return _recorder(tuple((name, str(getattr(self, name, ""))) for name in SETTINGS), os.getpid())


@lru_cache(maxsize=4)
def _recorder(given: tuple[tuple[str, str], ...], _process: int) -> "Recorder":
    """One per configuration and process. BadInputError when a setting does not fit."""
    from datatracing.capture import CaptureSettings, Recorder

    recorder = Recorder(CaptureSettings.from_env({name: value for name, value in given if value}))
    if recorder.settings.ship == SELF:
        from multiprocessing.util import Finalize

        # Processes of its executor, if they were forked, end without Python's exit handlers.
        Finalize(None, recorder.close, exitpriority=0)
    return recorder


def _here(namespace: str) -> tuple[RunRef, SpanKey] | None:
    """The run and the attempt that this thread is executing."""
    from datatracing_dagster import compat
    from datatracing_dagster.mapping import ORCHESTRATOR, step

    found = compat.current_step()
    if found is None:
        return None
    task, map_key = step(found.step_key)
    return (
        RunRef(ORCHESTRATOR, namespace, found.job_name, found.run_id),
        SpanKey(task, attempt=found.attempt, map_key=map_key),
    )


_used: dict[tuple[str, SpanKey], Counter[str]] = {}
_using = Lock()


def _unique(run: RunRef, span: SpanKey, name: str) -> str:
    """An operation's name is unique inside its attempt."""
    with _using:
        names = _used.setdefault((run.run_id, span), Counter())
        names[name] += 1
        if len(_used) > REMEMBERED:
            del _used[next(iter(_used))]
        return name if names[name] == 1 else f"{name} #{names[name]}"
