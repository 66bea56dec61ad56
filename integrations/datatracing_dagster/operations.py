"""What a run spends its time with beside the user's code: queue, launch, resources, inputs and outputs."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dagster import DagsterEventType as Type  # noqa: TID253  # only a Dagster loads this

from datatracing.model.event import Times
from datatracing.model.manifest import Operation
from datatracing.model.run import SpanKey
from datatracing.model.states import State
from datatracing_dagster.mapping import micros, step

STARTS = frozenset({Type.STEP_START, Type.STEP_RESTARTED})
RESOURCES = "init resources"


@dataclass
class _Attempt:
    """Where one step stands while its events go by."""

    number: int = 0
    at: int = 0
    """The moment of its last event."""
    resources: int | None = None
    used: Counter[str] = field(default_factory=Counter)


def read_operations(entries: Iterable[Any]) -> tuple[Operation, ...]:
    """Operations of the run and of its attempts, in the order of their ends."""
    return tuple(_Reader().read(entries))


class _Reader:
    def __init__(self) -> None:
        self.run: dict[Type, int] = {}
        self.steps: dict[str, _Attempt] = {}

    def read(self, entries: Iterable[Any]) -> Iterator[Operation]:
        for entry in entries:
            event, at = entry.dagster_event, micros(entry.timestamp)
            if entry.step_key is None:
                yield from self._of_run(event.event_type, at)
            else:
                yield from self._of_step(entry.step_key, event, at)

    def _of_run(self, kind: Type, at: int) -> Iterator[Operation]:
        for began, ended, name in _SPANS:
            if kind in ended and began in self.run:
                yield _operation(SpanKey("", operation=name), self.run.pop(began), at, _BAD.get(kind, State.SUCCESS))
        self.run[kind] = at

    def _of_step(self, key: str, event: Any, at: int) -> Iterator[Operation]:
        attempt, kind, data = self.steps.setdefault(key, _Attempt()), event.event_type, event.event_specific_data
        if kind is Type.RESOURCE_INIT_STARTED:
            attempt.resources = at
        elif kind in {Type.RESOURCE_INIT_SUCCESS, Type.RESOURCE_INIT_FAILURE} and attempt.resources is not None:
            # Resources are made before the attempt that needs them has started.
            state = State.SUCCESS if kind is Type.RESOURCE_INIT_SUCCESS else State.FAILED
            yield _operation(_key(key, attempt.number + 1, RESOURCES), attempt.resources, at, state)
            attempt.resources = None
        elif kind in STARTS:
            attempt.number, attempt.used = attempt.number + 1, Counter()
        elif kind in {Type.LOADED_INPUT, Type.HANDLED_OUTPUT}:
            yield self._moved(key, attempt, kind, data, at)
        attempt.at = at

    def _moved(self, key: str, attempt: _Attempt, kind: Type, data: Any, at: int) -> Operation:
        """Dagster stamps only the end of it; it began when the step's last event was written."""
        name = f"load input {data.input_name}" if kind is Type.LOADED_INPUT else f"handle output {data.output_name}"
        attempt.used[name] += 1
        unique = name if attempt.used[name] == 1 else f"{name} #{attempt.used[name]}"
        return _operation(_key(key, max(attempt.number, 1), unique), attempt.at or at, at, State.SUCCESS)


_BAD = {
    Type.RESOURCE_INIT_FAILURE: State.FAILED,
    Type.RUN_FAILURE: State.FAILED,
    Type.RUN_CANCELED: State.CANCELLED,
}
_OVER = frozenset({Type.RUN_START, Type.RUN_FAILURE, Type.RUN_CANCELED})
# Dagster has a word for a run that leaves the queue, RUN_DEQUEUED, and does not use it: it is launched.
_SPANS = (
    (Type.RUN_ENQUEUED, _OVER | {Type.RUN_DEQUEUED, Type.RUN_STARTING}, "queue"),
    (Type.RUN_STARTING, _OVER, "launch"),
    (
        Type.RESOURCE_INIT_STARTED,
        frozenset({Type.RESOURCE_INIT_SUCCESS, Type.RESOURCE_INIT_FAILURE}),
        RESOURCES,
    ),
)


def _key(step_key: str, attempt: int, name: str) -> SpanKey:
    task, map_key = step(step_key)
    return SpanKey(task, attempt=attempt, map_key=map_key, operation=name)


def _operation(key: SpanKey, began: int, ended: int, state: State) -> Operation:
    return Operation(key, Times(started_at=began, ended_at=max(began, ended)), state, state.value.upper())
