"""The Store over SQLite and Postgres."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import inf

from sqlalchemy import exists, func, select, union_all

from datatracing.access.visibility import EVERYTHING, Visibility
from datatracing.inbox.row import InboxRow
from datatracing.model.fate import LedgerEntry
from datatracing.model.link import Link
from datatracing.model.run import RunRef
from datatracing.model.token import Token
from datatracing.store.address import parse_database
from datatracing.store.paging import checked_limit
from datatracing.store.port import EVERY
from datatracing.store.search import Page, RunFilter
from datatracing.store.sql import inbox, ledger, listing, revision, tokens
from datatracing.store.sql.backlog import Backlog, behind, newest_traces
from datatracing.store.sql.database import Database
from datatracing.store.sql.edges import links_of
from datatracing.store.sql.numbers import identities
from datatracing.store.sql.sealing import SqlSealing
from datatracing.store.sql.summaries import read_ref, read_summary, summaries
from datatracing.store.sql.tables import details, runs, skeletons, trace_aliases
from datatracing.store.sql.tables import inbox as inbox_table
from datatracing.store.summary import RunSummary
from datatracing.store.trace_key import trace_key

PATIENCE = 10.0
"""Seconds to wait for a lock."""


class SqlStore:
    """See Store. Opening contacts nothing; the first call does."""

    can = EVERY

    def __init__(self, url: str, patience: float = PATIENCE, silence: float = inf) -> None:
        address = parse_database(url)
        self.url = address.text
        self.database = Database(address, patience, silence=silence)
        self._backlog = Backlog()

    def __repr__(self) -> str:
        return f"SqlStore({self.url!r})"

    def append(self, rows: Sequence[InboxRow]) -> int:
        """See Store."""
        with self.database.writing() as connection:
            return inbox.add(connection, rows)

    @contextmanager
    def sealing(self, trace_id: str) -> Iterator[SqlSealing]:
        """See Store."""
        trace_key(trace_id)
        with self.database.transaction() as connection:
            sealing = SqlSealing(self.database, connection, trace_id)
            sealing.hold()
            yield sealing

    def inbox(self, trace_id: str) -> list[InboxRow]:
        """See Store."""
        with self.database.reading() as connection:
            return inbox.rows_of(connection, trace_id)

    def weight(self, trace_id: str) -> tuple[int, int]:
        """See Store."""
        with self.database.reading() as connection:
            return inbox.weight(connection, trace_id)

    def unfolded(self, limit: int) -> list[str]:
        """See Store."""
        with self.database.reading() as connection:
            return [key.hex() for key in self._backlog.take(connection, checked_limit(limit))]

    def delivered(self, limit: int) -> list[str]:
        """See Store."""
        with self.database.reading() as connection:
            return [key.hex() for key in newest_traces(connection, checked_limit(limit))]

    def behind(self, trace_ids: Iterable[str]) -> list[str]:
        """See Store."""
        asked = list(dict.fromkeys(trace_key(each) for each in trace_ids))
        with self.database.reading() as connection:
            return [key.hex() for key in behind(connection, asked)]

    def run(self, trace_id: str, visibility: Visibility = EVERYTHING) -> RunSummary | None:
        """See Store."""
        key = trace_key(trace_id)
        # One statement, whether the id is a run's own, a foreign one, or nobody's: how long it takes tells nothing.
        own = select(runs.c.run_no).where(runs.c.trace_id == key)
        unclaimed = ~exists().where(inbox_table.c.trace_id == key)
        foreign = select(trace_aliases.c.run_no).where(trace_aliases.c.alias == key, unclaimed)
        named = union_all(own, foreign).subquery()
        query = (
            summaries()
            .join(named, named.c.run_no == runs.c.run_no)
            .order_by(runs.c.trace_id != key, runs.c.started_at.is_(None), runs.c.started_at, runs.c.trace_id)
        )
        with self.database.reading() as connection:
            found = connection.execute(query).all()
        # After the transaction: who decides what may be seen may take its time.
        return next((read_summary(row) for row in found if visibility.sees(read_ref(row))), None)

    def runs(self, where: RunFilter, limit: int, cursor: str | None = None) -> Page:
        """See Store."""
        with self.database.reading() as connection:
            if not where.visibility.by_pipeline:
                return listing.page(connection, where, listing.numbers(connection, where), limit, cursor)
            named = listing.named(connection, where)
        # Between two transactions: the host that is asked may take its time.
        seen = set(where.visibility.narrow(set(named.values())))
        with self.database.reading() as connection:
            return listing.page(connection, where, [each for each in named if named[each] in seen], limit, cursor)

    def spans(self, trace_id: str) -> bytes | None:
        """See Store."""
        query = (
            select(func.coalesce(details.c.spans, skeletons.c.spans))
            .select_from(runs)
            .join(skeletons, skeletons.c.run_no == runs.c.run_no)
            .join(details, details.c.run_no == runs.c.run_no, isouter=True)
            .where(runs.c.trace_id == trace_key(trace_id))
        )
        with self.database.reading() as connection:
            packed = connection.scalar(query)
        return None if packed is None else zlib.decompress(packed)

    def links(self, trace_id: str) -> list[Link]:
        """See Store."""
        number = select(runs.c.run_no).where(runs.c.trace_id == trace_key(trace_id))
        with self.database.reading() as connection:
            known = connection.scalar(number)
            return [] if known is None else links_of(connection, known)

    def identities(self, trace_ids: Sequence[str]) -> dict[str, RunRef]:
        """See Store."""
        with self.database.reading() as connection:
            return identities(connection, trace_ids)

    def record(self, entries: Sequence[LedgerEntry]) -> None:
        """See Store."""
        with self.database.writing() as connection:
            ledger.add(connection, entries)

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """See Store."""
        with self.database.writing() as connection:
            ledger.report(connection, entries)

    def ledger(self, trace_id: str | None = None, limit: int = 100) -> list[LedgerEntry]:
        """See Store."""
        with self.database.reading() as connection:
            return ledger.newest(connection, trace_id, checked_limit(limit))

    def totals(self, trace_id: str) -> list[LedgerEntry]:
        """See Store."""
        with self.database.reading() as connection:
            return ledger.totals(connection, trace_id)

    def tokens(self) -> list[Token]:
        """See Store."""
        with self.database.reading() as connection:
            return tokens.valid(connection)

    def add_token(self, token: Token) -> None:
        """See Store."""
        with self.database.writing() as connection:
            tokens.add(connection, token)

    def revoke_token(self, name: str) -> bool:
        """See Store."""
        with self.database.writing() as connection:
            return tokens.revoke(connection, name)

    def check(self) -> None:
        """See Store."""
        revision.check(self.database)

    def close(self) -> None:
        """See Store."""
        self.database.close()
