"""Runs as hooks and the orchestrator would tell them, with fixed clocks: what the reading tests read."""

from dataclasses import replace
from hashlib import sha256

from datatracing.connection.local import LocalConnection
from datatracing.model import codec
from datatracing.model.clock import SECOND, parse_rfc3339
from datatracing.model.event import ErrorInfo, Event, EventKind, Times
from datatracing.model.link import Confidence, Dependency, Direction, Link, LinkKind
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State

START = parse_rfc3339("2025-01-31T06:00:00Z")
NIGHT = RunRef("airflow", "default", "nightly_orders", "scheduled__2025-01-31T06:00:00+00:00")


def second(n: float) -> int:
    """The moment so many seconds after the start."""
    return START + round(n * SECOND)


def times(scheduled: float | None, queued: float | None, started: float | None, ended: float | None) -> Times:
    """In seconds after the start."""
    return Times(*(None if n is None else second(n) for n in (scheduled, queued, started, ended)))


class Story:
    """A run that is being told: each attempt by its worker's hooks, then all of it by the orchestrator's record."""

    def __init__(self, run: RunRef = NIGHT) -> None:
        self.run = run
        self.events: list[Event] = []
        self.attempts: list[Attempt] = []
        self.dependencies: list[Dependency] = []
        self.links: list[Link] = []

    def begun(self, at: float = 0) -> "Story":
        """The scheduler's hook."""
        return self._say(EventKind.STARTED, at, "scheduler", state=State.RUNNING, times=Times(started_at=second(at)))

    def task(
        self,
        name: str,
        state: State,
        when: Times,
        *,
        index: int = -1,
        attempt: int = 1,
        error: ErrorInfo | None = None,
        reported: bool = True,
        after: tuple[str, ...] = (),
        attributes: dict[str, object] | None = None,
    ) -> "Story":
        """One attempt; `reported` is whether its worker's hooks fired."""
        key = SpanKey(name, index, attempt)
        if reported and when.started_at is not None:
            self._say_at(EventKind.STARTED, when.started_at, key, State.RUNNING, Times(started_at=when.started_at))
        if reported and when.ended_at is not None:
            self._say_at(
                EventKind.ENDED, when.ended_at, key, state, Times(ended_at=when.ended_at), error, attributes or {}
            )
        ran = when.started_at is not None and state is not State.SKIPPED
        self.attempts.append(Attempt(key, state, state.value, when, reports=ran))
        known = {(edge.upstream, edge.downstream) for edge in self.dependencies}
        self.dependencies += [Dependency(up, name) for up in after if (up, name) not in known]
        return self

    def link(self, kind: LinkKind, direction: Direction, run: RunRef, evidence: str, *, exact: bool = True) -> "Story":
        """An edge to another run."""
        confidence = Confidence.EXACT if exact else Confidence.INFERRED
        self.links.append(Link(kind, direction, run, evidence, confidence))
        return self

    def manifest(self, state: State, ended: float, started: float = 0) -> Manifest:
        """The orchestrator's record."""
        return Manifest(
            run=self.run,
            state=state,
            raw_state=state.value,
            observed_at=second(ended + 3),
            times=times(None, started, started, ended),
            attempts=tuple(self.attempts),
            dependencies=tuple(self.dependencies),
            links=tuple(self.links),
        )

    def open(self, connection: LocalConnection) -> str:
        """Only the hooks have spoken so far."""
        connection.accept(codec.dumps(event) for event in self.events)
        connection.sweep()
        return self.run.trace_id

    def sealed(self, connection: LocalConnection, state: State, ended: float) -> str:
        """The run is over and its record has been read."""
        connection.accept(codec.dumps(event) for event in self.events)
        connection.complete(self.manifest(state, ended))
        return self.run.trace_id

    def _say_at(
        self,
        kind: EventKind,
        at: int,
        span: SpanKey,
        state: State,
        when: Times,
        error: ErrorInfo | None = None,
        attributes: dict[str, object] | None = None,
    ) -> None:
        producer = sha256(f"{span.task}-{span.map_index}-{span.attempt}".encode()).hexdigest()[:16]
        seq = sum(event.producer == producer for event in self.events)
        event = Event(
            kind,
            self.run,
            producer=producer,
            seq=seq,
            at=at,
            span=span,
            state=state,
            raw_state=state.value,
            times=when,
            error=error,
        )
        self.events.append(replace(event, attributes=attributes or {}))

    def _say(self, kind: EventKind, at: float, reporter: str, *, state: State, times: Times) -> "Story":
        seq = sum(event.producer == reporter for event in self.events)
        self.events.append(
            Event(
                kind,
                self.run,
                producer=reporter,
                seq=seq,
                at=second(at),
                span=None,
                state=state,
                raw_state=state.value,
                reporter=reporter,
                times=times,
            )
        )
        return self


def orders(run: RunRef = NIGHT) -> Story:
    """A night that goes wrong: a retry, a branch not taken, a mapped failure, what never started, and a child run."""
    story = Story(run).begun()
    story.task("extract", State.RETRIED, times(0.1, 0.4, 1, 9), error=ErrorInfo("ConnectionError", "shop is away"))
    story.task("extract", State.SUCCESS, times(19, 19.2, 20, 31), attempt=2)
    story.task("choose", State.SUCCESS, times(31.1, 31.2, 32, 32.4), after=("extract",))
    story.task("full_load", State.SKIPPED, times(None, None, 32.5, 32.5), reported=False, after=("choose",))
    broken = ErrorInfo("ValueError", "order 4711 has no customer", "Traceback ...")
    for index in range(3):
        state, end = (State.FAILED, 47) if index == 1 else (State.SUCCESS, 40 + index)
        error = broken if index == 1 else None
        story.task("load", state, times(32.6, 33, 35, end), index=index, error=error, after=("choose",))
    story.task("report", State.UPSTREAM_FAILED, times(None, None, None, None), attempt=0, after=("load", "full_load"))
    child = RunRef("airflow", run.namespace, "billing", "manual__2025-01-31T06:00:32+00:00")
    story.link(LinkKind.TRIGGERED, Direction.DOWN, child, "TriggerDagRunOperator start_billing")
    parent = RunRef("airflow", run.namespace, "shop_export", "scheduled__2025-01-31T05:00:00+00:00")
    return story.link(LinkKind.ASSET, Direction.UP, parent, "asset s3://shop/orders", exact=False)


def mapped(size: int, failing: tuple[int, ...] = ()) -> Story:
    """One task over many items, after a task that lists them."""
    story = Story(replace(NIGHT, pipeline="many_files")).begun()
    story.task("list_files", State.SUCCESS, times(0, 0.1, 1, 2))
    for index in range(size):
        state = State.FAILED if index in failing else State.SUCCESS
        error = ErrorInfo("OSError", f"file {index} is torn") if index in failing else None
        begin = 3 + index * 0.01
        when = times(2.1, 2.2, begin, begin + 5)
        story.task("extract", state, when, index=index, error=error, after=("list_files",))
    return story
