"""What a hook says: a partial, idempotent statement about one span. As an event it also has a number and a time."""

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
class Statement:
    """What is said about one span of a run, or with `span` None about the run itself. Every field may be left out but
    the first two; saying the same again changes nothing.

    `reporter` says what stands behind it: `worker` (the task's own process), `scheduler`, `api`. `upstream` names tasks
    that this one waits for; `dependencies` are edges between single instances. `records` are keys of data records.
    """

    kind: EventKind = field(metadata=unless_known(EventKind.NOTED))
    run: RunRef
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

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        return self.run.trace_id

    def event(self, producer: str, seq: int, at: int) -> "Event":
        """The same, said by this producer under this number at this time."""
        return Event(**vars(self), producer=producer, seq=seq, at=at)


@dataclass(frozen=True, kw_only=True)
class Event(Statement):
    """A statement by one producer. (producer, run, seq) identifies it; `seq` counts from 0 per producer and run.

    `at` is the producer's clock when the hook fired, in microseconds since the epoch.
    """

    producer: str
    seq: int
    at: int
    unknown: tuple[str, ...] = ()
    """Names of fields and words that a newer release said and this one does not know; they are left out."""
