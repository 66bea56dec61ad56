"""The sampling decision at seal."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """Whether the detail of a run is kept, by which rule, why in words, and at which rate (1.0: always)."""

    keep: bool
    rule: str
    reason: str
    rate: float = 1.0
