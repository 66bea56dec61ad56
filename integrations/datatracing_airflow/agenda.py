"""Which runs are to be completed, and when. Not safe for threads: one thread keeps it."""

from collections import Counter
from dataclasses import dataclass

RunId = tuple[str, str]
"""DAG id and run id."""
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
"""Seconds between tries to complete one run: at first its hook may have spoken from inside a transaction that is about
to end. After the last it is left to the reconciler."""


@dataclass
class _Entry:
    due: float
    tries: int = 0


class Agenda:
    """At most `limit` runs; times are seconds of any one clock. What is dropped is counted by reason, and none is lost
    by it: the reconciler finds every run that is finished in Airflow and not in the store."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.dropped: Counter[str] = Counter()
        self._entries: dict[RunId, _Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, run: RunId) -> bool:
        return run in self._entries

    def add(self, run: RunId, due: float) -> None:
        """A run that is announced again, because it was cleared and ended again, starts anew."""
        if run not in self._entries and len(self._entries) >= self.limit:
            self.dropped["full"] += 1
            return
        self._entries[run] = _Entry(due)

    def due(self, now: float) -> list[RunId]:
        """What is due, the longest overdue first. It stays until it is done."""
        ready = [(entry.due, run) for run, entry in self._entries.items() if entry.due <= now]
        return [run for _, run in sorted(ready)]

    def next(self) -> float | None:
        """When something will be due."""
        return min((entry.due for entry in self._entries.values()), default=None)

    def done(self, run: RunId) -> None:
        """Completed, or nothing to complete."""
        self._entries.pop(run, None)

    def again(self, run: RunId, now: float, why: str) -> bool:
        """Later, each time later; in the end it is dropped for the reason `why`, and the answer is False."""
        entry = self._entries[run]
        if entry.tries >= len(PAUSES):
            self.dropped[why] += 1
            self.done(run)
            return False
        entry.due = now + PAUSES[entry.tries]
        entry.tries += 1
        return True
