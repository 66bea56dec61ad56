"""When it is worth trying to reach the store again."""

import random
import time
from collections.abc import Callable

FIRST_PAUSE = 1.0


class Breaker:
    """After each failure in a row the pause doubles, up to the longest; seconds of a clock that does not jump."""

    def __init__(self, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.reason = ""
        """Why the last attempt failed; empty while the store answers. Holds no secret."""
        self._longest = longest
        self._clock = clock
        self._failures = 0
        self._until = 0.0

    def remaining(self) -> float:
        """Seconds until an attempt is worth it; 0.0 when it is now."""
        return max(0.0, self._until - self._clock())

    def trip(self, reason: str) -> None:
        """An attempt has failed."""
        self._failures += 1
        longest = min(self._longest, FIRST_PAUSE * 2.0 ** min(self._failures - 1, 30))
        self._until = self._clock() + longest * random.uniform(0.75, 1.25)  # noqa: S311  # spreads hosts, protects nothing
        self.reason = reason[:300] or "unknown"

    def reset(self) -> None:
        """An attempt has succeeded."""
        self.reason, self._failures, self._until = "", 0, 0.0
