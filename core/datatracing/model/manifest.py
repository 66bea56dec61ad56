"""The orchestrator's own final record of a run. Law 4: it is the truth at completion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datatracing.model.event import Times
from datatracing.model.link import AssetUse, Link
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State


@dataclass(frozen=True)
class Attempt:
    """One attempt as the orchestrator's database has it.

    `reports` is whether a process ran it in which our hooks should have fired: if so and no event came, the trace is
    partial and says which attempt is missing.
    """

    key: SpanKey
    state: State
    raw_state: str
    times: Times = Times()
    reports: bool = True
    attributes: Mapping[str, Any] = field(default_factory=dict)
    assets: tuple[AssetUse, ...] = ()


@dataclass(frozen=True)
class Dependency:
    """An edge between tasks. `same_index`: mapped instances depend only on their own index (a mapped task group)."""

    upstream: str
    downstream: str
    same_index: bool = False


@dataclass(frozen=True)
class Manifest:
    """Every task instance and attempt of a finished run, also those never started, with edges and times."""

    run: RunRef
    state: State
    raw_state: str
    observed_at: int
    times: Times = Times()
    attempts: tuple[Attempt, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    links: tuple[Link, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    """Foreign W3C trace ids of the same run."""

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        return self.run.trace_id
