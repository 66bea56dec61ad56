"""How far a collector has come, as a small file beside the spool.

Losing it costs time and nothing else: a collector without one begins a day back, and what is stored twice counts once.
"""

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from datatracing.capture.guard import guard


@dataclass(frozen=True)
class Cursor:
    """Of one Prefect and one store; collectors on one machine share it, and it only ever goes forward."""

    path: Path

    @classmethod
    def of(cls, spool_dir: Path, *names: str) -> "Cursor":
        """The names, which may hold a password, are only in it as a hash."""
        name = sha256("\n".join(names).encode()).hexdigest()[:16]
        return cls(spool_dir / f"prefect-{name}.cursor")

    def read(self) -> int | None:
        """Microseconds: every run that ended before was dealt with. None where nobody has left a cursor."""
        try:
            return int(json.loads(self.path.read_text("utf-8"))["ended"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, ended: int) -> None:
        """In one step, so that a collector that is killed leaves the old one or the new one."""
        with guard("prefect.cursor"):
            if ended <= (self.read() or 0):
                return
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self.path.with_suffix(f".{os.getpid()}")
            fresh.write_text(json.dumps({"ended": ended}), "utf-8")
            fresh.replace(self.path)
