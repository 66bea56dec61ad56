"""How far a collector has come, as a text that Dagster keeps between two ticks."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

TRIES = 5
"""How often a run is read that cannot be read."""


@dataclass
class Cursor:
    """`seen`: the number of the last event of each kind that has been dealt with. `again`: runs that could not be read,
    with the count of tries."""

    seen: dict[str, int] = field(default_factory=dict)
    again: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str | None) -> "Cursor":
        """A text that is none of ours begins anew: to read a run twice does no harm."""
        try:
            found = json.loads(text or "{}")
            return cls(_counts(found.get("seen")), _counts(found.get("again")))
        except (ValueError, AttributeError, TypeError):
            return cls()

    def write(self) -> str:
        """What `read` takes."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)

    def failed(self, run_id: str) -> bool:
        """Count a try that went wrong; whether there is another one."""
        self.again[run_id] = self.again.get(run_id, 0) + 1
        if self.again[run_id] < TRIES:
            return True
        del self.again[run_id]
        return False

    def done(self, run_id: str) -> None:
        """The run is stored, or gone."""
        self.again.pop(run_id, None)


def _counts(found: Any) -> dict[str, int]:
    return {str(name): int(value) for name, value in (found or {}).items()}
