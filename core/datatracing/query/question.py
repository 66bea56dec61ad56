"""What a question is. Each is written once, in a module of its own; every door hands on its answer unchanged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from datatracing.access.visibility import Visibility
from datatracing.model.trace import Trace
from datatracing.store.port import Store
from datatracing.store.summary import RunSummary

Document = dict[str, Any]


class Live(Protocol):
    """Folds what has come so far of a run that is not sealed yet, without storing anything."""

    def live(self, trace_id: str) -> tuple[RunSummary, Trace] | None:
        """None when nothing readable has come."""


@dataclass(frozen=True)
class Asked:
    """What an answer may be taken from, and who is to see it (law 8)."""

    store: Store
    live: Live
    visibility: Visibility


@dataclass(frozen=True)
class Question:
    """`path` is its route under /api/v1; where that has a `{trace_id}`, the question is about one run.

    `answer` takes Asked, then the trace id if it is about a run, then the question's own words by name. It gives the
    document, as objects or as JSON. NotFoundError where nothing is stored that the reader may see.
    """

    path: str
    answer: Callable[..., Document | bytes]

    @property
    def of_run(self) -> bool:
        """Whether it is about one run."""
        return "{trace_id}" in self.path
