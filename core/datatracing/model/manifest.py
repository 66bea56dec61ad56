"""The orchestrator's own final record of a run. Law 4: it is the truth at completion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datatracing.model.codec import unless_known
from datatracing.model.event import ErrorInfo, Times
from datatracing.model.link import AssetUse, Dependency, Link
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State

BY_ORCHESTRATOR, BY_RUN = "manifest", "own_manifest"
"""The producers of manifests: whoever read the orchestrator's record, and the run's own process."""


@dataclass(frozen=True)
class Attempt:
    """One attempt as the orchestrator's database has it.

    `reports` is whether a process ran it in which our hooks should have fired: if so and no event came, the trace is
    partial and says which attempt is missing. `edges_known` is False where the orchestrator may have lost an edge.
    """

    key: SpanKey
    state: State = field(metadata=unless_known(State.LOST))
    raw_state: str
    times: Times = Times()
    reports: bool = True
    attributes: Mapping[str, Any] = field(default_factory=dict)
    error: ErrorInfo | None = None
    assets: tuple[AssetUse, ...] = ()
    edges_known: bool = True


@dataclass(frozen=True)
class Operation:
    """Something inside an attempt, or inside the run itself, that the orchestrator has times for."""

    key: SpanKey
    times: Times
    state: State = field(default=State.SUCCESS, metadata=unless_known(State.LOST))
    raw_state: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """Every task instance and attempt of a finished run, also those never started, with edges and times.

    `recorded` is False when there was no record to read and the run's own process put this together at its end; any
    record of the orchestrator is then preferred, whichever came later. `whole` is False when that process knows that
    tasks ran where it could not see them.
    """

    run: RunRef
    state: State = field(metadata=unless_known(State.LOST))
    raw_state: str
    observed_at: int
    times: Times = Times()
    attempts: tuple[Attempt, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    links: tuple[Link, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    error: ErrorInfo | None = None
    aliases: tuple[str, ...] = ()
    """Foreign W3C trace ids of the same run."""
    operations: tuple[Operation, ...] = ()
    recorded: bool = True
    whole: bool = True
    part: int = 0
    parts: int = 1
    """A large record travels in parts, each a manifest of its own: see `model.parts`."""
    unknown: tuple[str, ...] = ()
    """As in Event."""

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        return self.run.trace_id

    @property
    def producer(self) -> str:
        """Under which name it is kept."""
        return BY_ORCHESTRATOR if self.recorded else BY_RUN
