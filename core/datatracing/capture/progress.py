"""How far the agent has brought each spool file: known to whoever asks what still waits.

`sending` is where the stretch ends that was on its way when this was written down: after a crash the same stretch is
sent again, so it makes the same rows and the store recognises them.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from datatracing.capture.page import SIZE

NAME = "agent.progress"


@dataclass(frozen=True)
class Place:
    """Bytes from the beginning of the file. `skipped` are stretches that held no frame when they were passed."""

    done: int = SIZE
    sending: int = 0
    skipped: tuple[tuple[int, int], ...] = field(default=())


def read_progress(directory: Path) -> dict[str, Place]:
    """By file name; empty when nothing is known, and then everything is sent again, which changes nothing."""
    try:
        plain = json.loads((directory / NAME).read_bytes())
        return {name: _place(value) for name, value in plain.items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return {}


def write_progress(directory: Path, places: dict[str, Place]) -> None:
    """OSError on a full disk; then the last one stands, and what came since is sent twice."""
    draft = directory / f"{NAME}.draft"
    plain = {name: [place.done, place.sending, place.skipped] for name, place in places.items()}
    draft.write_text(json.dumps(plain))
    draft.replace(directory / NAME)


def _place(value: list[object]) -> Place:
    done, sending, skipped = value
    assert isinstance(done, int)
    assert isinstance(sending, int)
    assert isinstance(skipped, list)
    return Place(done, sending, tuple((int(start), int(end)) for start, end in skipped))
