"""How much one producer, span or run may claim. What is over a limit is refused with a reason, never silently."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, the rest in pieces."""

    event_bytes: int = 256 * 1024
    manifest_bytes: int = 512 * 1024 * 1024
    links_per_event: int = 1_000
    spans_per_run: int = 200_000
    """Spans that only events speak of; what the orchestrator's own record names is never refused."""
    events_per_row: int = 500
    row_bytes: int = 64 * 1024 * 1024
    """What one inbox row may inflate to."""
