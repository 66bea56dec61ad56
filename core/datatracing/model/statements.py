"""What the hooks said about one span, added up in the fold's order."""

from typing import Any

from datatracing.model.event import ErrorInfo, Event, Times
from datatracing.model.link import AssetUse, Dependency
from datatracing.model.states import State


class Statements:
    """Later statements fill in and replace earlier ones, with two exceptions that must hold.

    An end is not undone by a start that came late, and the earliest start counts: an attempt that was deferred or
    rescheduled starts several times. Only a run as a whole (`reopens`) starts again after its end: when it is cleared.
    """

    def __init__(self, *, reopens: bool = False) -> None:
        self.reopens = reopens
        self.count = 0
        self.from_worker = False
        self.last_at = 0
        self.state: State | None = None
        self.raw_state: str | None = None
        self.scheduled_at: int | None = None
        self.queued_at: int | None = None
        self.started_at: int | None = None
        self.ended_at: int | None = None
        self.ended_by_worker = False
        self.upstream: set[str] = set()
        self.attributes: dict[str, Any] = {}
        self.error: ErrorInfo | None = None
        self.assets: dict[AssetUse, None] = {}
        self.dependencies: set[Dependency] = set()
        self.edges_known = True
        self.records: dict[str, None] = {}

    def add(self, event: Event) -> None:
        """Take in the next statement. The caller keeps the order."""
        self.count += 1
        self.last_at = event.at
        self.from_worker |= event.reporter == "worker"
        self._state(event)
        self._times(event)
        self.upstream.update(event.upstream)
        self.attributes.update(event.attributes)
        self.error = event.error or self.error
        self.assets.update(dict.fromkeys(event.assets))
        self.dependencies.update(event.dependencies)
        self.edges_known &= event.edges_known
        self.records.update(dict.fromkeys(event.records))

    def _state(self, event: Event) -> None:
        if event.state is None or (self.over and not event.state.terminal and not self.reopens):
            return
        self.state = event.state
        self.raw_state = event.raw_state

    def _times(self, event: Event) -> None:
        times = event.times
        self.scheduled_at = _earliest(self.scheduled_at, times.scheduled_at)
        self.queued_at = _earliest(self.queued_at, times.queued_at)
        self.started_at = _earliest(self.started_at, times.started_at)
        if times.ended_at is not None:
            self.ended_at = times.ended_at
            self.ended_by_worker = event.reporter == "worker"

    @property
    def over(self) -> bool:
        """Whether the last that was said is an end."""
        return self.state is not None and self.state.terminal

    @property
    def times(self) -> Times:
        """As said; the order of the four is not checked here."""
        return Times(self.scheduled_at, self.queued_at, self.started_at, self.ended_at)


def _earliest(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)
