"""Bringing the tables up to date, for `datatracing db upgrade` and `datatracing db check`.

Any number of processes may upgrade one database at once: the first does it, the others wait and find it done.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from datatracing.store.address import parse_database
from datatracing.store.sql import revision
from datatracing.store.sql.database import Database

MIGRATIONS = "datatracing_migrations:"
"""Alembic's name for a folder inside an installed package; the colon is what tells it so."""

UPGRADE_LOCK = 0x6461746174726163
"""The advisory lock that upgrades hold on Postgres."""

WAIT_FOR_OTHERS = 600.0
"""Seconds to wait for another upgrade."""

# A migration that waits for a lock makes everybody queue behind it, so it gives up early; it can be started again.
_POSTGRES_LIMITS = ("SET lock_timeout = '10s'", "SET statement_timeout = '30min'")


def upgrade(url: str) -> tuple[str | None, str]:
    """Create the tables or bring them up to date; the revision before and after.

    Raises SchemaMismatchError when the database is newer than this code, or has foreign tables of the same names;
    StoreUnreachableError when it does not answer. Of each migration all is done, or nothing.
    """
    with _opened(url, create=True) as database, database.answering(), _alone(database) as (connection, before):
        if before is not None and before > revision.HEAD:
            raise revision.newer(before, database.address.text)
        command.upgrade(_config(connection), "head")
    return before, revision.HEAD


def current(url: str) -> str | None:
    """The revision that the database is at; None when it has no tables of ours. Raises StoreUnreachableError."""
    with _opened(url) as database, database.reading() as connection:
        return revision.current(connection)


def check(url: str) -> None:
    """Raises StoreUnreachableError, or SchemaMismatchError naming what to do; returns when the tables fit this code."""
    with _opened(url) as database:
        revision.check(database)


@contextmanager
def _opened(url: str, *, create: bool = False) -> Iterator[Database]:
    database = Database(parse_database(url), WAIT_FOR_OTHERS, create=create)
    try:
        yield database
    finally:
        database.close()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    return config


@contextmanager
def _alone(database: Database) -> Iterator[tuple[Connection, str | None]]:
    """A connection that no other upgrade has beside it, and the revision it finds.

    On SQLite the whole upgrade is one transaction, which holds the file. On Postgres each migration has its own.
    """
    if not database.postgres:
        with database.transaction() as connection:
            yield connection, revision.current(connection)
        return
    with database.engine.connect() as connection:
        connection.exec_driver_sql(f"SET statement_timeout = {int(WAIT_FOR_OTHERS * 1000)}")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({UPGRADE_LOCK})")
        for limit in _POSTGRES_LIMITS:
            connection.exec_driver_sql(limit)
        before = revision.current(connection)
        # The lock belongs to the session, not to this transaction, and goes with the connection.
        connection.commit()
        yield connection, before
