"""How far watching has come, and what was said of it last: kept in Dagster's own storage, as its daemons do.

So a watcher that is killed goes on there, whichever process it is in; and Dagster's UI can say how it fares.
"""

import json
import time
from hashlib import sha256
from typing import TYPE_CHECKING

from datatracing.context.address import masked
from datatracing_dagster import compat
from datatracing_dagster.cursors import Cursor
from datatracing_dagster.settings import WatchSettings

if TYPE_CHECKING:
    from dagster import DagsterInstance

CURSOR, WORD = "DATATRACING_CURSOR", "DATATRACING_WATCHER"
REPEAT = 30.0
"""Seconds after which the same word is said again."""
FRESH = 120.0
"""Seconds after which nobody seems to be at work."""


class Progress:
    """Of watching one instance for one store."""

    def __init__(self, instance: "DagsterInstance", settings: WatchSettings) -> None:
        self._instance = instance
        self._look_back = settings.look_back
        store = masked(settings.all.capture().anchored().store)
        self._name = f"{settings.all.namespace}:{sha256(store.encode()).hexdigest()[:16]}"
        self._said = "", 0.0

    def cursor(self) -> str:
        """Where to go on. Kept from the first moment: an outage may begin before the first run ends, and last longer
        than one looks back."""
        found = compat.read_cursor(self._instance, self._key(CURSOR))
        cursor = Cursor.read(found, self._look_back).write()
        if found != cursor:
            self.keep(cursor)
        return cursor

    def keep(self, cursor: str) -> None:
        """What has been stored is behind it."""
        compat.write_cursor(self._instance, self._key(CURSOR), cursor)

    def forgive(self) -> None:
        """Runs that were given up are to be tried again."""
        cursor = Cursor.read(self.cursor(), self._look_back)
        cursor.again = dict.fromkeys(cursor.again, 0)
        self.keep(cursor.write())

    def say(self, word: str) -> None:
        """How the last round went; what has been said just now is not said again."""
        now = time.time()
        if word != self._said[0] or now - self._said[1] > REPEAT:
            compat.write_cursor(self._instance, self._key(WORD), json.dumps([now, word]))
            self._said = word, now

    def heard(self) -> str:
        """What was said last; empty when that is too long ago."""
        found = compat.read_cursor(self._instance, self._key(WORD))
        at, word = json.loads(found) if found else (0.0, "")
        return str(word) if time.time() - at < FRESH else ""

    def _key(self, what: str) -> str:
        return f"{what}:{self._name}"
