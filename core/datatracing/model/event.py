"""What a hook emits: a partial, idempotent statement about one span."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from datatracing.model.codec import unless_known
from datatracing.model.link import AssetUse, Dependency, Link
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State


class EventKind(str, Enum):
    """Which moment in the life of a span the statement is about."""

    STARTED = "started"
    ENDED = "ended"
    SUSPENDED = "suspended"
    """The attempt left its process without ending: deferred, or waiting for its next poke."""
    NOTED = "noted"
    """Something became known (links, assets, attributes) that is neither a start nor an end."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class ErrorInfo:
    """An exception as text, redacted before it got here."""

    type: str
    message: str
    stacktrace: str = ""


@dataclass(frozen=True)
class Times:
    """Microseconds since the epoch; None is not known. Their natural order is the order of the fields."""

    scheduled_at: int | None = None
    queued_at: int | None = None
    started_at: int | None = None
    ended_at: int | None = None


@dataclass(frozen=True)
class Event:
    """A statement by one producer. (producer, run, seq) identifies it; `seq` counts from 0 per producer and run.

    `span` None is about the run itself. `at` is the producer's clock when the hook fired. `reporter` says what
    stood behind the statement: `worker` (the task's own process), `scheduler`, `api`. `upstream` names tasks that this
    one waits for; `dependencies` are edges between single instances. `records` are keys of records it touched.
    """

    kind: EventKind = field(metadata=unless_known(EventKind.NOTED))
    run: RunRef
    producer: str
    seq: int
    at: int
    span: SpanKey | None = None
    state: State | None = None
    raw_state: str | None = None
    reporter: str = "worker"
    times: Times = Times()
    upstream: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    error: ErrorInfo | None = None
    links: tuple[Link, ...] = ()
    assets: tuple[AssetUse, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    edges_known: bool = True
    records: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Names of fields and words that a newer release said and this one does not know; they are left out."""

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        return self.run.trace_id
