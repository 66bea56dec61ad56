"""Connections and transactions: what differs between the two databases is here, and in `schema`."""

import os
import sqlite3
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import inf
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from datatracing.errors import BadInputError, MissingExtraError
from datatracing.store.address import Address
from datatracing.store.sql.faults import explain

_WRITING = "datatracing_writing"

_POSTGRES_DEFAULTS = {
    "application_name": "datatracing",
    "connect_timeout": "5",
    # A server behind a dead network is noticed within half a minute instead of after hours.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}


class Database:
    """One database. `patience` is how many seconds to wait for a lock that somebody else holds, `silence` for how many
    a server may say nothing about a statement before it counts as away.

    `create` lets SQLite make the file: only a migration may, or a mistyped path would look like an empty store.
    """

    def __init__(self, address: Address, patience: float, *, silence: float = inf, create: bool = False) -> None:
        self.address = address
        self.patience = patience
        self.engine = (
            _sqlite(address, patience, create=create) if address.path else _postgres(address, patience, silence)
        )
        _ENGINES.add(self.engine)

    @property
    def postgres(self) -> bool:
        """Otherwise it is SQLite."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Around our own statements: a driver's error becomes one of ours. Never around a caller's code."""
        try:
            yield
        except (SQLAlchemyError, OverflowError, UnicodeError) as error:
            raise explain(error, self.address) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """For queries of ours."""
        with self.answering(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """For changes of ours, all or nothing."""
        with self.answering(), self.transaction() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A writing transaction around a caller's code, whose own errors pass through as they are."""
        with self.answering():
            connection = self.engine.connect()
        try:
            with self.answering():
                transaction = connection.execution_options(**{_WRITING: True}).begin()
                if self.postgres:
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(self.patience * 1000)}ms'")
            try:
                yield connection
            except BaseException:
                # The block's own error is the news; what a lost connection left behind, the server undoes.
                with suppress(SQLAlchemyError):
                    transaction.rollback()
                raise
            with self.answering():
                transaction.commit()
        finally:
            connection.close()

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _sqlite(address: Address, patience: float, *, create: bool) -> Engine:
    """The driver's own idea of when to begin is switched off: it would begin too late for IMMEDIATE to mean anything.

    NORMAL under WAL survives the death of any process; a power cut may take the last commits.
    """
    place = f"file:{quote(str(address.path))}?mode={'rwc' if create else 'rw'}"

    def connect() -> sqlite3.Connection:
        made = sqlite3.connect(place, uri=True, timeout=patience, isolation_level=None, check_same_thread=False)
        try:
            made.execute("PRAGMA synchronous=NORMAL")
            if create:
                made.execute("PRAGMA journal_mode=WAL")
        except BaseException:
            made.close()
            raise
        return made

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_timeout=patience, hide_parameters=True
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITING)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgres(address: Address, patience: float, silence: float) -> Engine:
    _check_options(address)
    try:
        engine = create_engine(
            "postgresql+psycopg://",
            connect_args={**_POSTGRES_DEFAULTS, **address.keywords},
            # Someone else's default could be a snapshot taken before the lock on a trace is held.
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            pool_timeout=patience,
            hide_parameters=True,
        )
    except ImportError as error:
        raise _no_driver() from error
    from datatracing.store.sql.silence import bounded

    kind = bounded(silence)

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, words: Sequence[Any], named: Mapping[str, Any]) -> Any:
        return kind.connect(*words, **named)

    return engine


def _check_options(address: Address) -> None:
    """libpq knows its options, and is asked before anything is contacted."""
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import make_conninfo
    except ImportError as error:
        raise _no_driver() from error
    try:
        make_conninfo(**address.keywords)
    except ProgrammingError as error:
        said = address.without_secrets(" ".join(str(error).split()))
        raise BadInputError(f"the store {address.text} cannot be used: {said} (check what follows the ?)") from None


def _no_driver() -> MissingExtraError:
    return MissingExtraError("the Postgres driver is not installed: pip install 'datatracing[postgres]'")


_ENGINES: "weakref.WeakSet[Engine]" = weakref.WeakSet()


def _close_files() -> None:
    """SQLite keeps track of its locks per process: a child would take the parent's open file for its own."""
    for engine in _ENGINES:
        if engine.dialect.name == "sqlite":
            engine.dispose()


def _forget_connections() -> None:
    """A child must not speak over its parent's connections; it opens its own, and leaves these open."""
    for engine in _ENGINES:
        engine.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_close_files, after_in_child=_forget_connections)
