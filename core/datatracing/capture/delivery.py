"""One spool file on its way into a sink: what cannot arrive is counted, put aside, and holds up nothing behind it."""

import logging
from collections.abc import Sequence
from typing import Protocol

from datatracing.capture.loss import Loss, LossReport
from datatracing.capture.packing import Row, batches
from datatracing.capture.quarantine import Quarantine
from datatracing.capture.record import Damage, Kind, Record, scan
from datatracing.capture.segment import Segment
from datatracing.capture.sinks.port import Receipt, Sink
from datatracing.errors import BadInputError

log = logging.getLogger("datatracing")


class Lose(Protocol):
    """Counts events that are lost. Never raises."""

    def __call__(self, reason: str, count: int = 1, trace_id: str = "", producer: str = "") -> None: ...


class Delivery:
    """To one sink. Every method raises StoreUnreachableError, and then the file is as it was."""

    def __init__(self, sink: Sink, quarantine: Quarantine, lose: Lose) -> None:
        self._sink = sink
        self._quarantine = quarantine
        self._lose = lose

    def events(self, segment: Segment) -> Receipt:
        """Send a file of events and manifests and let go of it."""
        found = list(scan(segment.read()))
        receipt = Receipt()
        for rows in batches(each for each in found if isinstance(each, Record) and each.kind is Kind.EVENT):
            receipt += self._send(rows)
        # After them, so that whoever seals at once has all that came with it.
        for each in found:
            if isinstance(each, Record) and each.kind is Kind.MANIFEST:
                self._complete(each)
        damaged = [each for each in found if isinstance(each, Damage)]
        # Counted before the file goes: a crash in between counts twice, which is better than not at all.
        for each in damaged:
            self._lose(Loss.TORN if each.torn else Loss.CORRUPT, producer=segment.producer)
        if damaged:
            self._quarantine.take(segment)
        else:
            segment.remove()
        return receipt

    def losses(self, report: LossReport) -> None:
        """Send a report and let go of it."""
        try:
            self._sink.report(report.entries)
        except BadInputError as refusal:
            log.warning("DataTracing: the store refuses a report of lost events (%s)", refusal)
            if report.segment is not None:
                self._quarantine.take(report.segment)
            return
        report.remove()

    def _send(self, rows: Sequence[Row]) -> Receipt:
        """A refused batch is halved until the row that the store does not take stands alone."""
        try:
            return self._sink.send(rows)
        except BadInputError as refusal:
            if len(rows) == 1:
                return self._refused(rows[0], str(refusal))
        half = len(rows) // 2
        return self._send(rows[:half]) + self._send(rows[half:])

    def _complete(self, manifest: Record) -> None:
        try:
            self._sink.complete(manifest)
        except BadInputError as refusal:
            self._lose(f"{Loss.MANIFEST}: {Loss.REFUSED}: {refusal}"[:200])
            self._quarantine.keep([manifest])

    def _refused(self, row: Row, why: str) -> Receipt:
        self._lose(f"{Loss.REFUSED}: {why}"[:200], row.n, row.trace_id, row.producer)
        self._quarantine.keep(row.records)
        return Receipt()
