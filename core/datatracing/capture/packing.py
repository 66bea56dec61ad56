"""Records become rows: events of one trace and producer with unbroken numbers.

Both the batches and the rows are pure functions of the file, so sending a file again makes the same rows and the store
recognises them. The two limits are therefore part of the spool's format.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from datatracing.capture.record import Record
from datatracing.errors import BadInputError

BATCH_EVENTS = 500
BATCH_BYTES = 1024 * 1024
EVENTS, MANIFEST = 0, 1
"""What the inbox calls the content of a row."""


@dataclass(frozen=True)
class Row:
    """What the inbox holds in one row. `seq` is the number of the first event, the others follow without a gap."""

    trace_id: str
    producer: str
    seq: int
    records: tuple[Record, ...]

    @property
    def n(self) -> int:
        """How many events."""
        return len(self.records)

    @property
    def payload(self) -> bytes:
        """As a store keeps it: zlib of the JSON list."""
        return zlib.compress(b"[" + b",".join(record.json for record in self.records) + b"]", 1)


@dataclass(frozen=True)
class ManifestRow:
    """What the inbox holds of one manifest; the same as a collector makes of it. `n` is the number of attempts."""

    manifest: Record

    @property
    def n(self) -> int:
        """BadInputError when the record is not a manifest."""
        try:
            return len(json.loads(self.manifest.json).get("attempts", ()))
        except (ValueError, AttributeError, TypeError) as error:
            raise BadInputError("the record is not a manifest") from error

    @property
    def payload(self) -> bytes:
        """As a store keeps it: zlib of the JSON."""
        return zlib.compress(self.manifest.json, 1)


def batches(records: Iterable[Record]) -> Iterator[list[Row]]:
    """What is sent at once."""
    batch: list[Record] = []
    size = 0
    for record in records:
        if batch and (len(batch) == BATCH_EVENTS or size + len(record.json) > BATCH_BYTES):
            yield rows(batch)
            batch, size = [], 0
        batch.append(record)
        size += len(record.json)
    if batch:
        yield rows(batch)


def rows(records: Sequence[Record]) -> list[Row]:
    """All records of one batch."""
    groups: dict[tuple[str, str], dict[int, Record]] = defaultdict(dict)
    for record in records:
        groups[record.trace_id, record.producer][record.seq] = record
    return [Row(*name, chunk[0].seq, chunk) for name, numbered in groups.items() for chunk in _unbroken(numbered)]


def _unbroken(numbered: dict[int, Record]) -> Iterator[tuple[Record, ...]]:
    chunk: list[Record] = []
    for seq in sorted(numbered):
        if chunk and seq != chunk[-1].seq + 1:
            yield tuple(chunk)
            chunk = []
        chunk.append(numbered[seq])
    yield tuple(chunk)
