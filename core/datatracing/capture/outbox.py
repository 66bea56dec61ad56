"""What one process has to say and has not said yet: events in its spool, and the losses it has to own up to."""

import errno
import logging
from threading import RLock

from datatracing.capture.loss import Loss, LossBook, LossReport
from datatracing.capture.producer import Producer
from datatracing.capture.quota import Quota
from datatracing.capture.record import Kind, Record
from datatracing.capture.segment import Segment
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.spool import Spool, SpoolFullError

log = logging.getLogger("datatracing")

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Outbox:
    """Safe to use from many threads and from a signal handler; the lock is held for local file operations only."""

    def __init__(self, settings: CaptureSettings) -> None:
        self.producer = Producer()
        self.quota = Quota(settings.spool_dir, settings.spool_limit)
        self.lost: dict[str, int] = {}
        """Losses of this process by reason, reported or not."""
        self._directory = settings.spool_dir
        self._lock = RLock()
        self._spool = Spool(settings.spool_dir, self.producer.name, self.quota)
        self._book = LossBook(settings.spool_dir, self.producer.name)
        self._reports: list[LossReport] = []

    def put(self, record: Record) -> None:
        """Keep an event or a manifest, or count it as lost. Never raises for what a file system can do."""
        data = record.encode()
        try:
            with self._lock:
                self._spool.append(data)
        except SpoolFullError:
            self._lost(record, Loss.SPOOL_FULL)
        except OSError as error:
            reason = Loss.DISK_FULL if error.errno in _NO_SPACE else Loss.SPOOL_UNWRITABLE
            self._lost(record, reason)

    def _lost(self, record: Record, reason: Loss) -> None:
        if record.kind is Kind.MANIFEST:
            self.lose_manifest(reason)
        else:
            self.lose(reason, 1, record.trace_id, record.producer)

    def lose_manifest(self, reason: str) -> None:
        """Without the run's name: no event of it is missing, and the books of a run count events."""
        self.lose(f"{Loss.MANIFEST}: {reason}")

    def lose(self, reason: str, count: int = 1, trace_id: str = "", producer: str = "") -> None:
        """Events are lost, for a reason that the store will be told. Never raises."""
        first = reason not in self.lost
        with self._lock:
            self.lost[str(reason)] = self.lost.get(reason, 0) + count
            self._book.add(str(reason), count, trace_id, producer)
        if first:
            log.warning(
                "DataTracing lost an event (%s, spool %s); your pipeline is not affected. The store is told how many.",
                reason,
                self._directory,
            )

    def segments(self) -> list[Segment]:
        """Files to ship; nothing is appended to them any more."""
        with self._lock:
            return self._spool.take()

    def retire(self, segment: Segment) -> None:
        """This file is shipped."""
        with self._lock:
            self._spool.retire(segment)

    def reports(self) -> list[LossReport]:
        """Losses to report; nothing is added to them any more."""
        with self._lock:
            if self._book.pending():
                self._reports.append(self._book.close_report())
            return list(self._reports)

    def reported(self, report: LossReport) -> None:
        """The store knows."""
        with self._lock:
            self._reports.remove(report)

    def waiting(self) -> bool:
        """Whether there is anything to ship or to report."""
        return self._spool.waiting() or self._book.pending() or bool(self._reports)

    def close(self) -> None:
        """The process ends. What is left stays on disk for whoever adopts it."""
        with self._lock:
            self._spool.close()
            self._book.close()
            for report in self._reports:
                report.close()
