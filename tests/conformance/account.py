"""What an orchestrator's own database says about one run, in the words of DataTracing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Microseconds since the epoch, UTC; None where the database has none."""

    scheduled_at: int | None = None
    queued_at: int | None = None
    started_at: int | None = None
    ended_at: int | None = None


@dataclass(frozen=True)
class Attempt:
    """One attempt of one task instance. Attempts count from 1; 0 is a task that was never tried.

    `map_key` is the orchestrator's own name for the instance, where it has one: then that is what tells instances
    apart, and `map_index` is at most the number by which a shape calls it.
    """

    task: str
    map_index: int
    attempt: int
    state: str
    raw_state: str | None
    times: Times = Times()
    map_key: str = ""
    edges_known: bool = True

    @property
    def instance(self) -> int | str:
        """What tells the instances of one task apart."""
        return self.map_key or self.map_index

    @property
    def name(self) -> str:
        """`task`, `task[3]` or `task[key]`, and `#2` behind it from the second attempt on."""
        index = f"[{self.map_index}]" if self.map_index >= 0 else f"[{self.map_key}]" if self.map_key else ""
        return f"{self.task}{index}" + (f" #{self.attempt}" if self.attempt > 1 else "")


@dataclass(frozen=True)
class Edge:
    """A dependency between tasks. `same_index`: instances depend on the instance with their own map index or key only.
    With a key, an end is that one instance."""

    upstream: str
    downstream: str
    same_index: bool = False
    upstream_key: str = ""
    downstream_key: str = ""


@dataclass(frozen=True, order=True)
class LinkEnd:
    """A link as this run sees it; `run` is `orchestrator:PIPELINE/RUN_ID`."""

    kind: str
    direction: str
    run: str


@dataclass(frozen=True)
class Account:
    """One run. `attempts` has every attempt of every task instance, also the never started ones."""

    orchestrator: str
    pipeline: str
    run_id: str
    state: str
    raw_state: str
    times: Times
    attempts: tuple[Attempt, ...]
    edges: frozenset[Edge] = frozenset()
    links: frozenset[LinkEnd] = frozenset()

    @property
    def name(self) -> str:
        """As the command line takes it."""
        return f"{self.orchestrator}:{self.pipeline}/{self.run_id}"
