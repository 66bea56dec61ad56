"""Which runs are to be folded again after a delivery, and when."""

import time
from collections.abc import Callable

PACE = 2.0
"""Seconds between two folds of an open run, at least."""
SHARE = 10.0
"""And so many times as long as the last one took: a large open run must not be folded all the time."""
REMEMBERED = 10_000


class Folding:
    """A run that its own process has ended is folded at once, an open one now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due: dict[str, float] = {}
        self._next: dict[str, float] = {}

    def add(self, spoken: dict[str, bool]) -> None:
        """Of these runs something has been delivered; True is an end."""
        now = self._clock()
        for trace_id, ended in spoken.items():
            due = now if ended else max(now, self._next.get(trace_id, now))
            self._due[trace_id] = min(due, self._due.get(trace_id, due))

    def hurry(self) -> None:
        """There is no later."""
        self._due = dict.fromkeys(self._due, 0.0)

    def fold(self, fold: Callable[[str], None]) -> None:
        """Those that are due; one that fails stays due."""
        now = self._clock()
        for trace_id in [each for each, due in self._due.items() if due <= now]:
            began = self._clock()
            fold(trace_id)
            del self._due[trace_id]
            self._next[trace_id] = self._clock() + max(PACE, SHARE * (self._clock() - began))
        while len(self._next) > REMEMBERED:
            del self._next[next(iter(self._next))]
