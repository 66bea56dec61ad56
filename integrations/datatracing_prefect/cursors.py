"""How far a watcher has come, as a small file beside the spool.

Losing it costs time and nothing else: a watcher without one begins a day back, and what is stored twice counts once.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from datatracing.capture.guard import guard

STORED = 2_000
"""Runs that a cursor names."""


@dataclass(frozen=True)
class Stored:
    """A run that was read. `ended_at` in microseconds, `digest` of what was stored; `done`: not to be read again."""

    ended_at: int
    digest: str
    done: bool = True


@dataclass(frozen=True)
class Position:
    """Every run that ended before `ended`, in microseconds, is done, and of later ones those that are named so."""

    ended: int
    stored: Mapping[str, Stored] = field(default_factory=dict)


@dataclass(frozen=True)
class Cursor:
    """Of one Prefect and one store. Watchers on one machine share it, and it only ever goes forward."""

    path: Path

    @classmethod
    def of(cls, spool_dir: Path, *names: str) -> "Cursor":
        """The names, which may hold a password, are only in it as a hash."""
        name = sha256("\n".join(names).encode()).hexdigest()[:16]
        return cls(spool_dir / f"prefect-{name}.cursor")

    def read(self) -> Position | None:
        """None where nobody has left a position."""
        try:
            found = json.loads(self.path.read_text("utf-8"))
            return Position(int(found["ended"]), {name: _stored(each) for name, each in found["stored"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, position: Position) -> None:
        """In one step, so that a watcher that is killed leaves the old one or the new one."""
        with guard("prefect.cursor"):
            before = self.read()
            if before is not None and position.ended < before.ended:
                return
            newest = sorted(position.stored.items(), key=lambda each: -each[1].ended_at)[:STORED]
            stored = {name: [each.ended_at, each.digest, each.done] for name, each in newest}
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self.path.with_suffix(f".{os.getpid()}")
            fresh.write_text(json.dumps({"ended": position.ended, "stored": stored}), "utf-8")
            fresh.replace(self.path)


def _stored(found: Any) -> Stored:
    ended_at, digest, done = found
    return Stored(int(ended_at), str(digest), bool(done))
