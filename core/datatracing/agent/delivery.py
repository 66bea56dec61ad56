"""Stretches of spool files on their way into a sink: what cannot arrive is counted, and holds up nothing behind it."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from datatracing.agent.quarantine import Quarantine
from datatracing.agent.sinks.port import Receipt, Sink
from datatracing.agent.tail import Stretch
from datatracing.capture.frame import Frame, Kind
from datatracing.capture.notice import Notice
from datatracing.errors import BadInputError
from datatracing.inbox.packing import Unbroken, unbroken
from datatracing.model import clock, codec
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.loss import Loss

log = logging.getLogger("datatracing")

EVENTS, BYTES = 500, 1024 * 1024
"""Of one call of the sink."""


class Delivery:
    """To one sink. Every method raises StoreUnreachableError, and then the same is to be sent again."""

    def __init__(self, sink: Sink, quarantine: Quarantine, notify: Callable[[Notice], None]) -> None:
        self.receipt = Receipt()
        self.lost = 0
        self._sink = sink
        self._quarantine = quarantine
        self._notify = notify

    def send(self, stretches: Sequence[Stretch]) -> dict[str, bool]:
        """The runs that were spoken of, and whether their end was told. Notices come last: a watcher that hears one
        finds all that came with it in the store."""
        spoken: dict[str, bool] = {}
        packed = [row for each in stretches for row in _rows(each)]
        for batch in _batches(packed):
            self.receipt += self._send(batch)
        spoken.update(dict.fromkeys((row.trace_id for row in packed), False))
        for manifest in (frame for each in stretches for frame in _of(each, Kind.MANIFEST)):
            self._complete(manifest)
            spoken[manifest.trace_id] = True
        for notice in (frame for each in stretches for frame in _of(each, Kind.NOTICE)):
            self._tell(notice)
        return spoken

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """What was lost before it could be sent."""
        if not entries:
            return
        try:
            self._sink.report(entries)
        except BadInputError as refusal:
            log.warning("DataTracing: the store refuses a report of lost events (%s): %s", refusal, entries)

    def put_aside(self, path: Path, data: bytes) -> None:
        """A file in which something is damaged: what could be read of it is delivered, and the losses are counted."""
        self._quarantine.copy(path, data)

    def _send(self, batch: Sequence[Unbroken]) -> Receipt:
        """A refused batch is halved until the row that the store does not take stands alone."""
        try:
            return self._sink.send(batch)
        except BadInputError as refusal:
            if len(batch) == 1:
                return self._refused(batch[0], str(refusal))
        half = len(batch) // 2
        return self._send(batch[:half]) + self._send(batch[half:])

    def _complete(self, manifest: Frame) -> None:
        try:
            self._sink.complete(manifest)
        except BadInputError as refusal:
            self._lose(f"{Loss.MANIFEST}: {Loss.REFUSED}: {refusal}", 1)
            self._quarantine.keep([manifest])

    def _refused(self, row: Unbroken, why: str) -> Receipt:
        self._lose(f"{Loss.REFUSED}: {why}", row.n, row.trace_id, row.producer, row.seq + row.n)
        self._quarantine.keep(_frames(row))
        return Receipt()

    def _lose(self, reason: str, count: int, trace_id: str = "", producer: str = "", told: int = 0) -> None:
        self.lost += count
        self.report([LedgerEntry(Fate.LOST, reason[:200], count, clock.now(), trace_id, producer, told=told)])

    def _tell(self, frame: Frame) -> None:
        try:
            self._notify(codec.loads(Notice, frame.json))
        except BadInputError as error:
            log.warning("DataTracing cannot read what a hook told of a run's end (%s)", error)


def _of(stretch: Stretch, kind: Kind) -> list[Frame]:
    return [frame for frame in stretch.frames if frame.kind is kind]


def _rows(stretch: Stretch) -> list[Unbroken]:
    """A pure function of the stretch, so sending it again makes the same rows and the store recognises them."""
    return unbroken((frame.trace_id, frame.producer, frame.seq, frame.json) for frame in _of(stretch, Kind.EVENT))


def _frames(row: Unbroken) -> list[Frame]:
    return [
        Frame(Kind.EVENT, row.trace_id, row.producer, row.seq + place, event) for place, event in enumerate(row.events)
    ]


def _batches(packed: Sequence[Unbroken]) -> list[list[Unbroken]]:
    batches: list[list[Unbroken]] = []
    events = size = 0
    for row in packed:
        if not batches or events + row.n > EVENTS or size + row.size > BYTES:
            batches.append([])
            events = size = 0
        batches[-1].append(row)
        events, size = events + row.n, size + row.size
    return batches
