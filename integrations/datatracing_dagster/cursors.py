"""How far a watcher has come, as a text that Dagster keeps between two ticks."""

import json
import time
from dataclasses import asdict, dataclass, field
from typing import Any

TRIES = 5
"""How often a run is read that cannot be read."""
REMEMBERED = 200
"""Runs that were given up."""


@dataclass
class Cursor:
    """`seen`: the number of the last event of each kind that has been dealt with. `again`: runs that could not be read,
    with the count of tries; one with TRIES is given up. `since`: seconds; older ends are none of this watcher's
    business, also of kinds of which there has been none yet."""

    seen: dict[str, int] = field(default_factory=dict)
    again: dict[str, int] = field(default_factory=dict)
    since: float = 0.0

    @classmethod
    def read(cls, text: str | None, look_back: float) -> "Cursor":
        """A text that is none of ours begins anew, so many seconds ago: to read a run twice does no harm."""
        try:
            found = json.loads(text or "{}")
            cursor = cls(_counts(found.get("seen")), _counts(found.get("again")), float(found.get("since") or 0))
        except (ValueError, AttributeError, TypeError, OverflowError):
            cursor = cls()
        cursor.since = cursor.since or time.time() - look_back
        return cursor

    def write(self) -> str:
        """What `read` takes."""
        return json.dumps(asdict(self), separators=(",", ":"))

    def due(self) -> list[str]:
        """Runs to be tried again."""
        return [run_id for run_id, tries in self.again.items() if tries < TRIES]

    def given_up(self, run_id: str) -> bool:
        """Whether the run has been tried often enough."""
        return self.again.get(run_id, 0) >= TRIES

    def failed(self, run_id: str) -> bool:
        """Count a try that went wrong; whether there is another one."""
        self.again[run_id] = self.again.get(run_id, 0) + 1
        over = [each for each in self.again if self.given_up(each)]
        for each in over[: max(0, len(over) - REMEMBERED)]:
            del self.again[each]
        return not self.given_up(run_id)

    def done(self, run_id: str) -> None:
        """The run is stored, or gone."""
        self.again.pop(run_id, None)


def _counts(found: Any) -> dict[str, int]:
    return {str(name): int(value) for name, value in (found or {}).items()}
