"""Who a run is. What has been said under one trace id is about one run; what names another one is refused.

Airflow's trace id is hashed from all the names of a run and so proves them. Dagster's and Prefect's is a UUID that
anybody may repeat: there the orchestrator's own record decides, else what is stored, else what came first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from datatracing.model.event import Event
from datatracing.model.manifest import Manifest
from datatracing.model.run import RunRef

OTHER = "names another run than the one that is stored under this trace id"

Said = TypeVar("Said", Event, Manifest)


@dataclass(frozen=True)
class Claim(Generic[Said]):
    """One statement under a trace id, and when it came. A record is one that its orchestrator's own keeper has read."""

    said: Said
    received_at: int

    @property
    def run(self) -> RunRef:
        """Whom it is about."""
        return self.said.run

    @property
    def recorded(self) -> bool:
        """Whether it is the orchestrator's record."""
        return isinstance(self.said, Manifest) and self.said.recorded

    @property
    def weight(self) -> tuple[bool, bool, int, str, str, str]:
        """The smallest is believed; nothing in it depends on the order in which claims are read."""
        run = self.run
        return not run.proven, not self.recorded, self.received_at, run.namespace, run.pipeline, run.orchestrator


def identity(claims: Iterable[Claim[Any]], stored: RunRef | None) -> RunRef | None:
    """The run that all this is about; None where nothing is known."""
    best = min(claims, key=lambda claim: claim.weight, default=None)
    if stored is not None and (best is None or not (best.run.proven or best.recorded)):
        return stored
    return best.run if best else None


def contradicts(run: RunRef, stored: RunRef | None) -> bool:
    """Whether a statement about `run` cannot be about the run that is stored under the same id."""
    return stored is not None and run != stored and not run.proven
