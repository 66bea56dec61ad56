"""A folded run: what fold() returns and what a seal stores."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from datatracing.model.completeness import Completeness
from datatracing.model.event import ErrorInfo, Times
from datatracing.model.link import AssetUse, Link
from datatracing.model.run import RunRef
from datatracing.model.states import State


class SpanLevel(str, Enum):
    """run: the root. task: one attempt of one task instance. operation: something inside an attempt."""

    RUN = "run"
    TASK = "task"
    OPERATION = "operation"

    def __str__(self) -> str:
        return self.value


class Source(str, Enum):
    """Where a span is known from: hooks, the orchestrator's own record, or both."""

    EVENTS = "events"
    METADATA = "metadata"
    BOTH = "both"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Span:
    """The run itself, one attempt of one task instance, or an operation. `depends_on` and `parent` are span ids.

    Where instances have keys, `map_index` is only their order inside this trace, and -1 where there is just one.
    """

    span_id: str
    level: SpanLevel
    state: State
    source: Source
    task: str | None = None
    map_index: int = -1
    attempt: int = 0
    raw_state: str | None = None
    times: Times = Times()
    depends_on: tuple[str, ...] = ()
    parent: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    error: ErrorInfo | None = None
    assets: tuple[AssetUse, ...] = ()
    map_key: str = ""
    operation: str = ""
    records: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trace:
    """One run with all its spans: the run itself, then tasks, then operations."""

    run: RunRef
    spans: tuple[Span, ...]
    links: tuple[Link, ...]
    completeness: Completeness
    aliases: tuple[str, ...] = ()

    @property
    def root(self) -> Span:
        """The span of the run itself."""
        return self.spans[0]

    @property
    def tasks(self) -> list[Span]:
        """The spans of attempts."""
        return [span for span in self.spans if span.level is SpanLevel.TASK]

    @property
    def counts(self) -> dict[str, int]:
        """Task spans by state."""
        return dict(Counter(span.state.value for span in self.tasks))
