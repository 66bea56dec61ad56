"""What the store refuses for good is put aside, not deleted: a person may want to see it, or move it back.

It is counted as lost when it gets here, so deleting this folder changes no books.
"""

import logging
import os
from collections.abc import Iterable
from pathlib import Path

from datatracing.capture import page
from datatracing.capture.frame import Frame
from datatracing.capture.inventory import QUARANTINE
from datatracing.capture.segment import SUFFIX
from datatracing.model import clock

log = logging.getLogger("datatracing")

SHARE = 8
"""At most one eighth of the spool's limit is kept here; the rest of what is bad is only counted."""


class Quarantine:
    """The folder beside the spool files."""

    def __init__(self, directory: Path, limit: int) -> None:
        self._folder = directory / QUARANTINE
        self._limit = limit // SHARE

    def keep(self, frames: Iterable[Frame]) -> None:
        """As a spool file of their own. Where there is no room they go."""
        data = page.Head(clock.now(), os.getpid(), os.getuid()).encode() + b"".join(each.encode() for each in frames)
        self._write(f"{os.urandom(8).hex()}-1{SUFFIX}", data)

    def copy(self, path: Path, data: bytes) -> None:
        """A file in which something is damaged, as it was."""
        self._write(path.name, data)

    def _write(self, name: str, data: bytes) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if sum(each.stat().st_size for each in os.scandir(self._folder)) + len(data) <= self._limit:
                (self._folder / name).write_bytes(data)
        except OSError:
            log.warning("DataTracing could not put aside in %s what cannot be delivered", self._folder)
