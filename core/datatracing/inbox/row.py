"""One row of the inbox: what a collector appends, a store keeps, and a seal reads."""

from dataclasses import dataclass
from enum import Enum


class Content(int, Enum):
    """What an inbox row carries."""

    EVENTS = 0
    MANIFEST = 1
    LOSS = 2
    """Nothing in itself: the ledger tells of a new loss of this run, so it has to be sealed again."""


@dataclass(frozen=True)
class InboxRow:
    """Packed events of one trace from one producer, or one manifest. (trace_id, producer, seq, n) identifies a row.

    `payload` is zlib-compressed JSON: a list of events with the numbers seq ... seq + n - 1, or one manifest. Because
    the numbers are unbroken, a batch that is sent again under other boundaries is another row and hides nothing; the
    fold removes the repeats. A manifest has producer `manifest`, as seq the moment at which it was read, and as n a
    checksum, so that two of one moment, or two parts of one, are two rows.
    """

    trace_id: str
    producer: str
    seq: int
    content: Content
    n: int
    payload: bytes
    received_at: int
