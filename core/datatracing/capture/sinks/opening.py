"""From a URL to the sink behind it."""

from datatracing.capture.importing import importing
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.sinks.address import masked
from datatracing.capture.sinks.port import Sink
from datatracing.errors import StoreUnreachableError


def open_sink(settings: CaptureSettings) -> Sink:
    """Not connected yet. StoreUnreachableError when it is not an address at all: events wait until it is put right."""
    scheme = settings.store.partition(":")[0].partition("+")[0].lower()
    with importing():
        if scheme == "sqlite":
            from datatracing.capture.sinks.sqlite import SqliteSink

            return SqliteSink(settings)
        if scheme in {"postgresql", "postgres"}:
            from datatracing.capture.sinks.postgres import PostgresSink

            return PostgresSink(settings)
        if scheme in {"http", "https"}:
            from datatracing.capture.sinks.collector import CollectorSink

            return CollectorSink(settings)
    raise StoreUnreachableError(
        f"{masked(settings.store)!r} is not a store: set DATATRACING_STORE to sqlite:///path, "
        "postgresql+psycopg://user:password@host/database or https://host/datatracing"
    )
