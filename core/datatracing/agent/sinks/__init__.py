"""Where the agent sends: a store that it opens itself, or a collector."""

from typing import TYPE_CHECKING

from datatracing.agent.sinks.port import Receipt, Sink
from datatracing.context.address import is_collector

if TYPE_CHECKING:
    from datatracing.settings import Settings


def open_sink(settings: "Settings") -> Sink:
    """Not connected yet. BadInputError when the store is not an address."""
    if is_collector(settings.store):
        from datatracing.agent.sinks.collector import CollectorSink

        return CollectorSink(settings.capture())
    from datatracing.agent.sinks.store import StoreSink

    return StoreSink(settings)


__all__ = ["Receipt", "Sink", "open_sink"]
