"""The faults of a seed, in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

KINDS = (
    "kill_producer", "kill_agent", "kill_serve", "kill_store", "freeze_producer", "freeze_agent", "freeze_serve",
    "cut", "refuse", "swallow", "fill_disk", "tear", "truncate", "copy", "copy_half", "foreign", "unreadable", "clock",
)  # fmt: skip
HOSTS = 2
PAUSES = (0.05, 0.6)
"""Seconds between a fault and its end, and again until the next one."""


@dataclass(frozen=True)
class Fault:
    """What, on which host, for how long; `choice` in [0, 1) says which of the processes or files, or how much."""

    kind: str
    host: int
    choice: float
    seconds: float


def plan(seed: int, faults: int) -> list[Fault]:
    """Every kind comes once before any comes again."""
    return list(islice(_endless(Random(seed)), faults))


def _endless(random: Random) -> Iterator[Fault]:
    while True:
        for kind in random.sample(KINDS, len(KINDS)):
            yield Fault(kind, random.randrange(HOSTS), random.random(), random.uniform(*PAUSES))
