"""Shipping what waits here, for somebody who asks now: a command that reads, `spool ship`, a process that ends."""

import time
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from datatracing.agent.leases import Lease
from datatracing.capture import lease
from datatracing.capture.inventory import waits
from datatracing.errors import DataTracingError

if TYPE_CHECKING:
    from datatracing.capture import CaptureSettings
    from datatracing.capture.notice import Notice

LOOK = 0.05
"""Seconds between two looks at whether the agent is done."""


@dataclass(frozen=True)
class ShipReport:
    """What came of it. `delivered`, `rejected` and `lost` are events, `files` were delivered to their end.

    `waits`: something is there still; `error` says why nobody could send it. `agent`: another process has the duty.
    """

    files: int = 0
    delivered: int = 0
    rejected: int = 0
    lost: int = 0
    waits: bool = False
    agent: bool = False
    error: DataTracingError | None = None


def catch_up(settings: "CaptureSettings", seconds: float = 2.0) -> ShipReport:
    """See to it that what has been said on this host is in the store, for at most about so many seconds.

    Where an agent has the duty, it is waited for, unless its store is away; where none has it, it is done here. Never
    raises a DataTracingError; the report carries it.
    """
    settings = settings.anchored()
    if not settings.store or not waits(settings.spool_dir):
        return ShipReport()
    taken = _lease(settings)
    if taken is not None:
        try:
            return _ship(settings)
        finally:
            taken.release()
    until = time.monotonic() + seconds
    while (waiting := waits(settings.spool_dir)) and time.monotonic() < until and not _outage(settings):
        time.sleep(LOOK)
    return ShipReport(waits=waiting, agent=True)


def _lease(settings: "CaptureSettings") -> Lease | None:
    try:
        return Lease.take(settings.spool_dir, lease.SHIP)
    except OSError:
        return None


def _outage(settings: "CaptureSettings") -> bool:
    return bool((lease.holder(settings.spool_dir, lease.SHIP) or {}).get("outage"))


def _ship(settings: "CaptureSettings") -> ShipReport:
    from datatracing.agent.shipping import Shipping
    from datatracing.agent.sinks import open_sink
    from datatracing.settings import Settings

    shipping, error = None, None
    try:
        shipping = Shipping(settings, open_sink(Settings(**_given(settings))), _unheard)
        for trace_id in shipping.turn():
            shipping.fold(trace_id)
        shipping.publish()
    except DataTracingError as caught:
        error = caught
    finally:
        if shipping is not None:
            shipping.close()
    left = waits(settings.spool_dir)
    if shipping is None:
        return ShipReport(waits=left, error=error)
    done = shipping.receipt
    return ShipReport(shipping.files, done.delivered, done.rejected, shipping.lost, waits=left, error=error)


def _given(settings: "CaptureSettings") -> dict[str, Any]:
    """The whole of it, the token among it: whoever asks may have been told another one than the environment has."""
    return {each.name: getattr(settings, each.name) for each in fields(settings)}


def _unheard(notice: "Notice") -> None:
    """There is no watcher in this process; whoever reconciles finds the run."""
