"""Links between runs, edges between tasks, and the assets that spans read or wrote."""

from dataclasses import dataclass, field
from enum import Enum

from datatracing.model.codec import unless_known
from datatracing.model.run import RunRef


class LinkKind(str, Enum):
    """Why one run is the cause of another."""

    TRIGGERED = "triggered"
    ASSET = "asset"
    WAITED_FOR = "waited_for"
    RERUN_OF = "rerun_of"
    BACKFILL_OF = "backfill_of"
    CHILD = "child"
    PROPAGATED = "propagated"

    def __str__(self) -> str:
        return self.value


class Direction(str, Enum):
    """Where the other run stands: up is the cause of this run, down is its effect."""

    UP = "up"
    DOWN = "down"

    def __str__(self) -> str:
        return self.value


class Confidence(str, Enum):
    """exact: the orchestrator said so. inferred: concluded from what the evidence names."""

    EXACT = "exact"
    INFERRED = "inferred"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Link:
    """One edge between this run and another. `evidence` says from what it is known, in words."""

    kind: LinkKind
    direction: Direction
    run: RunRef
    evidence: str
    confidence: Confidence = field(default=Confidence.EXACT, metadata=unless_known(Confidence.INFERRED))


@dataclass(frozen=True)
class Dependency:
    """An edge between tasks. `same_index`: instances depend only on the one with their own index or key (a mapped task
    group). With a map key an end is that one instance, without it every instance of the task."""

    upstream: str
    downstream: str
    same_index: bool = False
    upstream_key: str = ""
    downstream_key: str = ""


class Access(str, Enum):
    """What a span did with an asset."""

    READ = "read"
    WRITE = "write"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class AssetUse:
    """A span read or wrote the dataset at this URI."""

    uri: str
    access: Access
