"""Everything that waits in a spool directory, brought to the sink: first one's own, then what the dead have left."""

import logging
from collections.abc import Callable

from datatracing.capture.adoption import orphans
from datatracing.capture.delivery import Delivery
from datatracing.capture.loss import read_losses
from datatracing.capture.outbox import Outbox
from datatracing.capture.quarantine import Quarantine
from datatracing.capture.segment import LOSSES, Segment
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.sinks.port import Receipt, Sink

log = logging.getLogger("datatracing")


class Courier:
    """To one sink, used by one thread. Every method raises StoreUnreachableError; nothing is lost by that."""

    def __init__(self, settings: CaptureSettings, outbox: Outbox, sink: Sink) -> None:
        self.receipt = Receipt()
        self.files = 0
        """Adopted so far."""
        self._directory = settings.spool_dir
        self._outbox = outbox
        self._delivery = Delivery(sink, Quarantine(settings.spool_dir, settings.spool_limit), outbox.lose)

    def own(self) -> None:
        """All that this process has, up to now: what was left of the last time, then what has come since."""
        for _ in range(2):
            for segment in self._outbox.segments():
                self._ship(segment)
                self._outbox.retire(segment)
        for report in self._outbox.reports():
            self._delivery.losses(report)
            self._outbox.reported(report)

    def adopted(self, most: int | None = None, interrupted: Callable[[], bool] = lambda: False) -> bool:
        """At most so many files of dead processes; False when there may be more."""
        for number, segment in enumerate(orphans(self._directory), 1):
            try:
                self._ship(segment)
            finally:
                segment.close()
            self.files += 1
            if number == most or interrupted():
                return False
        return True

    def _ship(self, segment: Segment) -> None:
        try:
            if segment.path.suffix == LOSSES:
                self._delivery.losses(read_losses(segment))
            else:
                self.receipt += self._delivery.events(segment)
        except OSError as error:
            # Left as it is: nothing is lost as long as the file is there.
            log.warning("DataTracing could not read %s (%s); it stays there", segment.path, error.strerror)
            segment.close()
