"""Which traces have rows that no seal has folded yet, without reading the whole inbox each time.

Numbers are given out before transactions commit, so on Postgres a row can appear below one that was already seen. The
search therefore starts some way back each time, and from the very beginning once in a while: no row is missed for ever.
"""

import threading
import time
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, func, select

from datatracing.store.sql.numbers import portions
from datatracing.store.sql.tables import inbox, runs

LOOK_BACK = 2_000
"""Rows. More than any set of writers can have under way at once."""

FULL_SEARCH_EVERY = 600.0
"""Seconds."""


class Backlog:
    """Remembers where the last search ended, and what it found. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen = 0
        self._waiting: dict[bytes, None] = {}
        self._full_search_at = 0.0

    def take(self, connection: Connection, limit: int) -> list[bytes]:
        """At most `limit` trace keys: new ones first, then those that were handed out longest ago.

        So a trace that cannot be sealed comes back again and again, but never stands in the way of others.
        """
        with self._lock:
            self._search(connection, limit)
            taken = list(self._waiting)[:limit]
            for key in taken:
                self._waiting[key] = self._waiting.pop(key)
            return taken

    def _search(self, connection: Connection, limit: int) -> None:
        if time.monotonic() >= self._full_search_at:
            self._seen = 0
        end = connection.scalar(select(func.max(inbox.c.id))) or 0
        still = [
            key for portion in portions(self._waiting) for key in _unfolded(connection, inbox.c.trace_id.in_(portion))
        ]
        enough = limit + len(still)
        found = _unfolded(connection, _since(self._seen), enough)
        new = (key for key in found if key not in self._waiting)
        self._waiting = dict.fromkeys((*new, *_in_order(self._waiting, still)))
        if len(found) < enough:
            if self._seen == 0:
                self._full_search_at = time.monotonic() + FULL_SEARCH_EVERY
            self._seen = max(1, end - LOOK_BACK)


def _in_order(known: Iterable[bytes], still: Iterable[bytes]) -> list[bytes]:
    wanted = set(still)
    return [key for key in known if key in wanted]


def _since(seen: int) -> "ColumnElement[bool] | None":
    if seen == 0:
        return None
    return inbox.c.trace_id.in_(select(inbox.c.trace_id).where(inbox.c.id >= seen))


def _unfolded(connection: Connection, of: "ColumnElement[bool] | None", limit: int | None = None) -> list[bytes]:
    held = select(inbox.c.trace_id, func.count().label("n")).group_by(inbox.c.trace_id)
    if of is not None:
        held = held.where(of)
    rows = held.subquery()
    query = (
        select(rows.c.trace_id)
        .join(runs, runs.c.trace_id == rows.c.trace_id, isouter=True)
        .where(rows.c.n > func.coalesce(runs.c.inbox_rows, 0))
    )
    return list(connection.scalars(query.limit(limit) if limit else query))
