"""Where Prefect sends an event."""

import functools
from typing import Any

from datatracing.capture import guard
from datatracing_prefect.compat.wrapping import Heard, put, wrapped_already


def tap_events(heard: Heard) -> None:
    """Call `heard(worker, event)` before an event is sent. Idempotent."""
    from prefect.events.worker import EventsWorker

    original = EventsWorker.send
    if wrapped_already(original):
        return

    @functools.wraps(original)
    def send(self: Any, event: Any) -> Any:
        with guard("prefect.event"):
            heard(self, event)
        return original(self, event)

    put(EventsWorker, original, send)
