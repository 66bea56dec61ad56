"""Shipping the spool without a process that emits: for the command line."""

from dataclasses import dataclass

from datatracing.capture.adoption import spool_files
from datatracing.capture.breaker import Breaker
from datatracing.capture.courier import Courier
from datatracing.capture.outbox import Outbox
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.sinks.fused import FusedSink
from datatracing.errors import DataTracingError


@dataclass(frozen=True)
class ShipReport:
    """What came of it. Counts are events, except for files.

    `left` are files that stay: their process lives and ships them itself, or `error` says why nobody could.
    """

    files: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    lost: int = 0
    left: int = 0
    error: DataTracingError | None = None


def ship_spools(settings: CaptureSettings) -> ShipReport:
    """Ship what dead processes have left, now: a pause after a failure does not hold up somebody who asks.

    Never raises a DataTracingError; the report carries it.
    """
    settings = settings.anchored()
    outbox = Outbox(settings)
    sink = FusedSink(settings, Breaker(settings.spool_dir, settings.retry_limit))
    sink.insists = True
    courier = Courier(settings, outbox, sink)
    error = None
    try:
        courier.adopted()
        courier.own()
    except DataTracingError as caught:
        error = caught
    finally:
        sink.close()
        outbox.close()
        outbox.quota.sum(now=True)
    done, lost = courier.receipt, sum(outbox.lost.values())
    left = len(spool_files(settings.spool_dir))
    return ShipReport(courier.files, done.accepted, done.duplicate, done.rejected, lost, left, error)
