"""Where the collector's settings come from: the resource's fields, and the environment for what they leave empty."""

from dataclasses import dataclass
from typing import Any

from datatracing.settings import Settings


@dataclass(frozen=True)
class CollectorSettings:
    """Seconds, unless a name says otherwise."""

    all: Settings
    announce: bool = False
    """Write a link to the trace into the log of each kept run."""
    budget: float = 5.0
    """After which a tick ends; the next one goes on where it stopped."""
    look_back: float = 86_400.0
    """How old the runs may be that a collector finds when it has never run before."""
    stale: float = 86_400.0
    """A run that Dagster does not call over, and of which nothing was heard for so long, is stored as lost."""

    @classmethod
    def read(cls, announce: bool = False, **given: Any) -> "CollectorSettings":
        """Empty values are the environment's. BadInputError names what does not fit."""
        return cls(Settings(**{name: value for name, value in given.items() if value not in {None, ""}}), announce)
