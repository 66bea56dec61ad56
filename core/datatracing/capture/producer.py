"""Who says it, and the how-manieth thing it is that they say about this run."""

import os
from itertools import count

TRACES = 10_000


class Producer:
    """Numbers from 0 per run, so that a number that never arrives is seen. A process takes another name at a fork.

    A long-lived process speaks of many runs; it takes a new name rather than forget a run's numbers and use them twice.
    """

    def __init__(self) -> None:
        self._numbers = self._begin()

    @property
    def name(self) -> str:
        """16 hex digits, random."""
        return self._numbers[0]

    def number(self, trace_id: str) -> tuple[str, int]:
        """The name and the next number. Safe from many threads and from signal handlers: each step is one of C's."""
        name, counters = self._numbers
        if len(counters) >= TRACES and trace_id not in counters:
            name, counters = self._numbers = self._begin()
        return name, next(counters.setdefault(trace_id, count()))

    def _begin(self) -> "tuple[str, dict[str, count[int]]]":
        return os.urandom(8).hex(), {}
