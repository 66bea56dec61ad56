"""Which tables this code works with, told without importing the migration machinery."""

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select

from datatracing.errors import SchemaMismatchError
from datatracing.store.sql.database import Database
from datatracing.store.sql.faults import UPGRADE

HEAD = "0002"
"""The newest migration. Revisions are counted with leading zeros, so that their order is the order of the text."""

VERSION_TABLE = "datatracing_alembic_version"
"""Not Alembic's own name: an orchestrator may keep its tables in the same database."""

_version = Table(VERSION_TABLE, MetaData(), Column("version_num", Text))


def current(connection: Connection) -> str | None:
    """The revision that the database is at; None when it has no tables of ours."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.scalar(select(_version.c.version_num))


def check(database: Database) -> None:
    """Raises SchemaMismatchError when the tables are missing, older or newer than this code."""
    with database.reading() as connection:
        found, place = current(connection), database.address.text
    if found is None:
        raise SchemaMismatchError(f"the store {place} has no tables yet: {UPGRADE}")
    if found > HEAD:
        raise newer(found, place)
    if found < HEAD:
        raise SchemaMismatchError(f"the store {place} is at revision {found}, this code needs {HEAD}: {UPGRADE}")


def newer(found: str, place: str) -> SchemaMismatchError:
    """For a database that a later version has already migrated."""
    return SchemaMismatchError(
        f"the store {place} is at revision {found}, this code knows only {HEAD}: upgrade datatracing on this host"
    )
