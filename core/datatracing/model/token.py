"""What the holder of a bearer token may do."""

from dataclasses import dataclass
from enum import Enum

from datatracing.model.run import RunRef

EVERYWHERE = "*"
"""In the place of a namespace: all of them."""


class Scope(str, Enum):
    """events: add events, losses, and a run's own account of itself. manifests: also the orchestrator's record, which
    is believed over everything else. read: see everything of the namespace."""

    EVENTS = "events"
    MANIFESTS = "manifests"
    READ = "read"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Token:
    """A token by its name. `digest` is the sha256 of its secret, 64 hex digits: the secret itself is kept nowhere."""

    name: str
    namespace: str
    scopes: frozenset[Scope]
    digest: str
    made_at: int = 0

    def allows(self, *scopes: Scope) -> bool:
        """Whether the token has one of these scopes."""
        return not self.scopes.isdisjoint(scopes)

    def reaches(self, run: RunRef) -> bool:
        """Whether the run is in the token's namespace."""
        return self.namespace in {EVERYWHERE, run.namespace}
