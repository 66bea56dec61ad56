"""Which traces have rows that no seal has folded yet, without reading the whole inbox each time.

Numbers are given out before transactions commit, so on Postgres a row can appear below one that was already seen. The
search therefore starts some way back each time, and from the very beginning once in a while: no row is missed for ever.
"""

import threading
import time
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, func, select, true

from datatracing.store.sql.numbers import portions
from datatracing.store.sql.tables import inbox, runs

LOOK_BACK = 2_000
"""Rows. More than any set of writers can have under way at once."""

FULL_SEARCH_EVERY = 3600.0
"""Seconds. A full search reads the inbox's index once: a second or more for every million rows."""

FOUND_AT_ONCE = 100_000
"""Traces. What is beyond is found by the next search, which then starts from the same place."""


class Backlog:
    """Remembers where the last search ended, and what it found. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._searched_to = 0
        self._full_search_at = 0.0
        self._waiting: list[bytes] = []

    def take(self, connection: Connection, limit: int) -> list[bytes]:
        """At most `limit` trace keys: new ones first, then those that were handed out longest ago.

        So a trace that cannot be sealed comes back again and again, but never stands in the way of others.
        """
        with self._lock:
            self._search(connection)
            confirmed, rest = self._confirmed(connection, limit)
            taken, spare = confirmed[:limit], confirmed[limit:]
            self._waiting = [*spare, *rest, *taken]
            return taken

    def _search(self, connection: Connection) -> None:
        if time.monotonic() >= self._full_search_at:
            self._searched_to = 0
        end = connection.scalar(select(func.max(inbox.c.id))) or 0
        found = _unfolded(connection, _rows_from(self._searched_to))
        known = set(self._waiting)
        self._waiting = [*(key for key in found if key not in known), *self._waiting]
        if len(found) == FOUND_AT_ONCE:
            return
        if self._searched_to == 0:
            self._full_search_at = time.monotonic() + FULL_SEARCH_EVERY
        self._searched_to = max(1, end - LOOK_BACK)

    def _confirmed(self, connection: Connection, limit: int) -> tuple[list[bytes], list[bytes]]:
        """The first that still wait (somebody else may have sealed the others), and those not looked at."""
        confirmed: list[bytes] = []
        looked_at = 0
        for portion in portions(self._waiting):
            confirmed += behind(connection, portion)
            looked_at += len(portion)
            if len(confirmed) >= limit:
                break
        return confirmed, self._waiting[looked_at:]


def newest_traces(connection: Connection, rows: int) -> list[bytes]:
    """See Store.delivered."""
    newest = connection.scalars(select(inbox.c.trace_id).order_by(inbox.c.id.desc()).limit(rows))
    return list(dict.fromkeys(newest))


def behind(connection: Connection, keys: Sequence[bytes]) -> list[bytes]:
    """See Store.behind."""
    found: set[bytes] = set()
    for portion in portions(keys):
        found.update(_unfolded(connection, inbox.c.trace_id.in_(portion)))
    return [key for key in keys if key in found]


def _rows_from(number: int) -> "ColumnElement[bool]":
    """Traces that have a row from this number on."""
    if number == 0:
        return true()
    return inbox.c.trace_id.in_(select(inbox.c.trace_id).where(inbox.c.id >= number))


def _unfolded(connection: Connection, of: "ColumnElement[bool]") -> list[bytes]:
    held = select(inbox.c.trace_id, func.count().label("n")).where(of).group_by(inbox.c.trace_id).subquery()
    query = (
        select(held.c.trace_id)
        .join(runs, runs.c.trace_id == held.c.trace_id, isouter=True)
        .where(held.c.n > func.coalesce(runs.c.inbox_rows, 0))
        .limit(FOUND_AT_ONCE)
    )
    return list(connection.scalars(query))
