"""What cannot be shipped is put aside, not deleted: a person may want to see it, or move it back to ship it again.

It is counted as lost when it gets here, so deleting this folder changes no books.
"""

import logging
import os
from collections.abc import Iterable
from pathlib import Path

from datatracing.capture.record import Record
from datatracing.capture.segment import EVENTS, Segment

log = logging.getLogger("datatracing")

FOLDER = "quarantine"
SHARE = 8
"""At most one eighth of the spool's limit is kept here; the rest of what is bad is only counted."""


class Quarantine:
    """The folder beside the spool files."""

    def __init__(self, directory: Path, limit: int) -> None:
        self._folder = directory / FOLDER
        self._limit = limit // SHARE

    def take(self, segment: Segment) -> None:
        """Move a whole file here, and let go of it. Where there is no room it is deleted."""
        try:
            if self._room(segment.size):
                segment.move(self._folder / segment.path.name)
                segment.close()
                return
        except OSError:
            log.warning("DataTracing could not put %s aside and deletes it", segment.path)
        segment.remove()

    def keep(self, records: Iterable[Record]) -> None:
        """Records that the store refuses for good, as a spool file of their own. Where there is no room they go."""
        data = b"".join(record.encode() for record in records)
        try:
            segment = (
                Segment.create(self._folder / f"{os.urandom(8).hex()}-1{EVENTS}") if self._room(len(data)) else None
            )
            if segment is not None:
                segment.append(data)
                segment.close()
        except OSError:
            log.warning("DataTracing could not put events aside in %s that the store refuses", self._folder)

    def _room(self, size: int) -> bool:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.scandir(self._folder) as entries:
            return sum(entry.stat().st_size for entry in entries) + size <= self._limit
