"""How much one producer, span or run may claim. What is over a limit is refused with a reason, never silently."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, the rest in pieces."""

    event_bytes: int = 256 * 1024
    part_bytes: int = 1024 * 1024
    """One part of a manifest as JSON; `model.parts` cuts them smaller."""
    parts: int = 1_000
    """Of one manifest."""
    manifest_bytes: int = 512 * 1024 * 1024
    """What one row with a manifest may inflate to."""
    links_per_event: int = 1_000
    links_per_run: int = 10_000
    """Links that only events speak of."""
    aliases: int = 16
    """Foreign trace ids of one run."""
    spans_per_run: int = 200_000
    """Spans that only events speak of; what the orchestrator's own record names is never refused."""
    gap_per_producer: int = 100_000
    """Numbers of one producer in one run that may count as lost, however far its numbers jump."""
    events_per_row: int = 500
    row_bytes: int = 64 * 1024 * 1024
    """What one inbox row of events may inflate to."""
    run_bytes: int = 1024 * 1024 * 1024
    """What all rows of one run may inflate to."""
