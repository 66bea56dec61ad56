"""Shipping what waits here, for somebody who asks now: a command that reads, `spool ship`, a process that ends."""

import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from datatracing.agent import notices
from datatracing.agent.leases import Lease
from datatracing.capture import lease
from datatracing.capture.guard import guard
from datatracing.capture.inventory import waiting, waits
from datatracing.errors import DataTracingError

if TYPE_CHECKING:
    from datatracing.capture import CaptureSettings
    from datatracing.capture.notice import Notice

LOOK = 0.05
"""Seconds between two looks at whether the agent is done."""
PATIENCE, BOUND = 2.0, 5.0
"""Seconds for an agent that is at it; and for doing it here."""


@dataclass(frozen=True)
class ShipReport:
    """What came of it. `delivered`, `rejected` and `lost` are events, `files` were delivered to their end.

    `waits`: some of what was there to begin with is there still; `error` says why nobody could send it. `agent`:
    another process has the duty.
    """

    files: int = 0
    delivered: int = 0
    rejected: int = 0
    lost: int = 0
    waits: bool = False
    agent: bool = False
    error: DataTracingError | None = None


def catch_up(settings: "CaptureSettings", patience: float = PATIENCE, bound: float | None = BOUND) -> ShipReport:
    """See to it that what has been said on this host is in the store.

    Where an agent has the duty, it is waited for, unless its store is away; where none has it, it is done here. What
    takes longer than `bound` seconds goes on in the background for as long as this process lives; None: it takes as
    long as it takes. Never raises a DataTracingError; the report carries it.
    """
    settings = settings.anchored()
    there = waiting(settings.spool_dir) if settings.store else {}
    if not there:
        return ShipReport()
    taken = _lease(settings)
    if taken is not None:
        return _Errand(settings, taken, lambda: waits(settings.spool_dir, there)).report(bound)
    until = time.monotonic() + patience
    while (left := waits(settings.spool_dir, there)) and time.monotonic() < until and not _outage(settings):
        time.sleep(LOOK)
    return ShipReport(waits=left, agent=True)


def _lease(settings: "CaptureSettings") -> Lease | None:
    try:
        return Lease.take(settings.spool_dir, lease.SHIP)
    except OSError:
        return None


def _outage(settings: "CaptureSettings") -> bool:
    return bool((lease.holder(settings.spool_dir, lease.SHIP) or {}).get("outage"))


class _Errand:
    """One delivery, by whoever has taken the duty for it. A driver that hangs cannot be bounded but from outside."""

    def __init__(self, settings: "CaptureSettings", taken: Lease, left: Callable[[], bool]) -> None:
        self._settings = settings
        self._lease = taken
        self._left = left
        self._report = ShipReport(waits=True)
        self._failure: Exception | None = None

    def report(self, bound: float | None) -> ShipReport:
        """What has come of it by then."""
        thread = Thread(target=self._run, name="datatracing-ship", daemon=True)
        if bound is None:
            self._run()
        else:
            thread.start()
            thread.join(bound)
        if self._failure is not None:
            raise self._failure
        return self._report

    def _run(self) -> None:
        try:
            self._report = self._ship()
        except Exception as error:  # whose traceback is the caller's to see
            self._failure = error
        finally:
            self._lease.release()

    def _ship(self) -> ShipReport:
        from datatracing.agent.shipping import Shipping
        from datatracing.agent.sinks import open_sink
        from datatracing.settings import Settings

        shipping, error = None, None
        try:
            sink = open_sink(Settings(**_given(self._settings)))
            shipping = Shipping(self._settings, sink, _kept(self._settings.spool_dir))
            for trace_id in shipping.turn():
                shipping.fold(trace_id)
            shipping.publish()
        except DataTracingError as caught:
            error = caught
        finally:
            if shipping is not None:
                shipping.close()
        if shipping is None:
            return ShipReport(waits=self._left(), error=error)
        done = shipping.receipt
        return ShipReport(shipping.files, done.delivered, done.rejected, shipping.lost, waits=self._left(), error=error)


def _given(settings: "CaptureSettings") -> dict[str, Any]:
    """The whole of it, the token among it: whoever asks may have been told another one than the environment has."""
    return {each.name: getattr(settings, each.name) for each in fields(settings)}


def _kept(directory: Path) -> "Callable[[Notice], None]":
    """There is no watcher in this process; the next agent that has one takes them."""

    def keep(notice: "Notice") -> None:
        with guard("agent.notices"):
            notices.post(directory, notice)

    return keep
