"""The attempts of one step, from its events in the order in which they were stored."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from dagster import DagsterEventType as Type  # noqa: TID253  # only a Dagster loads this
from dagster import DagsterRunStatus  # noqa: TID253  # same

from datatracing.model.event import ErrorInfo, Times
from datatracing.model.states import State
from datatracing_dagster.mapping import error_info, error_names, micros
from datatracing_dagster.states import failed_step, left_open


@dataclass
class Try:
    """One attempt. `number` 0 is a step that was skipped."""

    number: int
    queued_at: int | None = None
    started_at: int | None = None
    ended_at: int | None = None
    state: State = State.RUNNING
    raw_state: str = "STARTED"
    error: ErrorInfo | None = None

    @property
    def times(self) -> Times:
        """As Dagster's processes stamped them."""
        return Times(None, self.queued_at, self.started_at, self.ended_at)

    @property
    def open(self) -> bool:
        """Whether no event has said how it ended."""
        return not self.state.terminal


@dataclass
class Tries:
    """Of one step, oldest first."""

    all: list[Try] = field(default_factory=list)
    status: DagsterRunStatus = DagsterRunStatus.SUCCESS
    """Of the run, as it ended."""
    launched_at: int | None = None
    """When a process was asked for whose attempt has not started yet."""
    worker_at: int | None = None
    unmade: Try | None = None
    """What that attempt is if nothing follows: its resources could not be made."""

    def take(self, kind: Type, at: int, data: Any) -> None:
        """The step's next event. Those that say nothing about attempts are left alone."""
        known = _HANDLERS.get(kind)
        if known is not None:
            known(self, at, data)

    def close(self) -> None:
        """The run is over: what has no end has none any more, and a retry that did not follow was none."""
        for each in self.all:
            if each.open:
                each.state = left_open(self.status)
        if self.all and self.all[-1].state is State.RETRIED:
            self.all[-1].state = State.FAILED
        if self.launched_at is not None:
            # A process was asked for and nothing was heard of it, or only why it could not begin.
            nothing = Try(self._next(), self.launched_at, state=left_open(self.status), raw_state="STARTING")
            self.all.append(self.unmade or nothing)

    def _next(self) -> int:
        return self.all[-1].number + 1 if self.all else 1

    def _launched(self, at: int, _data: Any) -> None:
        self.launched_at, self.worker_at = at, None

    def _worker(self, at: int, _data: Any) -> None:
        self.worker_at = at

    def _unmade(self, at: int, data: Any) -> None:
        """Dagster 1.9 leaves it at that; later versions say then that the step failed."""
        error = error_info(getattr(data, "error", None))
        began = self.worker_at or self.launched_at
        self.unmade = Try(self._next(), self.launched_at, began, at, State.FAILED, "RESOURCE_INIT_FAILURE", error)

    def _started(self, at: int, _data: Any) -> None:
        self.all.append(Try(self._next(), self.launched_at, at))
        self.launched_at = self.worker_at = self.unmade = None

    def _succeeded(self, at: int, _data: Any) -> None:
        self._end(at, State.SUCCESS, "SUCCESS", None)

    def _failed(self, at: int, data: Any) -> None:
        error = getattr(data, "error", None)
        self._end(at, failed_step(error_names(error), self.status), "FAILURE", error_info(error))

    def _retried(self, at: int, data: Any) -> None:
        self._end(at, State.RETRIED, "UP_FOR_RETRY", error_info(getattr(data, "error", None)))

    def _skipped(self, at: int, _data: Any) -> None:
        self.all.append(Try(0, ended_at=at, state=State.SKIPPED, raw_state="SKIPPED"))

    def _end(self, at: int, state: State, raw: str, error: ErrorInfo | None) -> None:
        if not self.all or not self.all[-1].open:
            # It failed before its own code began: its resources could not be made, or its process was killed.
            self._started(self.worker_at or self.launched_at or at, None)
        last = self.all[-1]
        last.ended_at, last.state, last.raw_state, last.error = at, state, raw, error


_HANDLERS: dict[Type, Callable[[Tries, int, Any], None]] = {
    Type.STEP_WORKER_STARTING: Tries._launched,  # noqa: SLF001  # a table of this class's own methods
    Type.STEP_WORKER_STARTED: Tries._worker,  # noqa: SLF001
    Type.RESOURCE_INIT_FAILURE: Tries._unmade,  # noqa: SLF001
    Type.STEP_START: Tries._started,  # noqa: SLF001
    Type.STEP_RESTARTED: Tries._started,  # noqa: SLF001
    Type.STEP_SUCCESS: Tries._succeeded,  # noqa: SLF001
    Type.STEP_FAILURE: Tries._failed,  # noqa: SLF001
    Type.STEP_UP_FOR_RETRY: Tries._retried,  # noqa: SLF001
    Type.STEP_SKIPPED: Tries._skipped,  # noqa: SLF001
}


def read_tries(entries: Iterable[Any], status: DagsterRunStatus) -> dict[str, list[Try]]:
    """Attempts by step key, for every step of which there is an event. `status` is the run's own."""
    steps: dict[str, Tries] = defaultdict(lambda: Tries(status=status))
    for entry in entries:
        if entry.step_key is not None:
            event = entry.dagster_event
            steps[entry.step_key].take(event.event_type, micros(entry.timestamp), event.event_specific_data)
    for tries in steps.values():
        tries.close()
    return {key: tries.all for key, tries in steps.items() if tries.all}
