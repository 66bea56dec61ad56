"""Straight into a SQLite store, with the standard library's driver."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from urllib.parse import quote

from datatracing.capture.packing import EVENTS, MANIFEST, ManifestRow, Row
from datatracing.capture.record import Record
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.sinks.port import BrokenOffError, Receipt
from datatracing.errors import BadInputError, SchemaMismatchError, StoreUnreachableError
from datatracing.model import clock
from datatracing.model.fate import LedgerEntry

INSERT = (
    "INSERT INTO inbox (trace_id, producer, seq, content, n, payload, received_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
# The second half makes a report that is sent twice count once; `at` and `count` of a report never change.
LOSE = (
    "INSERT INTO ledger (fate, reason, count, at, trace_id, producer) SELECT :fate, :reason, :count, :at, :trace,"
    " :producer WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE at = :at AND producer = :producer AND reason = :reason"
    " AND trace_id IS :trace)"
)


class SqliteSink:
    """Many processes write to one file: WAL, and a lock that is taken at the start of a transaction."""

    def __init__(self, settings: CaptureSettings) -> None:
        # Three slashes and a relative path, four and an absolute one; nothing is percent-decoded.
        self.path = settings.store.partition("///")[2].partition("?")[0]
        self._timeout = settings.send_timeout
        self._connection: sqlite3.Connection | None = None
        if self.path in _of_the_parent:
            raise BrokenOffError("this process was forked from one that was writing to the store")

    def send(self, rows: Sequence[Row]) -> Receipt:
        """One transaction."""
        receipt = Receipt()
        with self._transaction() as connection:
            for row in rows:
                values = (bytes.fromhex(row.trace_id), row.producer, row.seq, EVENTS, row.n, row.payload, clock.now())
                new = connection.execute(INSERT, values).rowcount
                receipt += Receipt(accepted=row.n) if new else Receipt(duplicate=row.n)
        return receipt

    def complete(self, manifest: Record) -> None:
        """One transaction."""
        row = ManifestRow(manifest)
        name = (bytes.fromhex(manifest.trace_id), manifest.producer, manifest.seq)
        values = (*name, MANIFEST, row.n, row.payload, clock.now())
        with self._transaction() as connection:
            connection.execute(INSERT, values)

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """One transaction."""
        with self._transaction() as connection:
            connection.executemany(LOSE, [_named(entry) for entry in entries])

    def close(self) -> None:
        """The lock on the file ends here too."""
        if self._connection is not None:
            with suppress(sqlite3.Error):  # the descriptors are given back all the same
                self._connection.close()
        self._connection = None
        _writing.discard(self)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._connection = self._connection or self._connect()
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self.close()
            raise self._explained(error) from error
        except OverflowError as error:  # a number that SQLite has no room for
            self.close()
            raise BadInputError(type(error).__name__) from error
        except BaseException:
            self.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        _writing.add(self)
        # mode=rw: a sink never makes an empty database where there is none.
        # It is ours before its first statement, so that a file which is no database is closed again.
        connection = self._connection = sqlite3.connect(
            f"file:{quote(self.path)}?mode=rw", uri=True, timeout=self._timeout, isolation_level=None
        )
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def _explained(self, error: sqlite3.Error) -> Exception:
        text = str(error)
        if "no such table" in text or "has no column" in text or "no column named" in text:
            return SchemaMismatchError(f"the store {self.path} has other tables ({text}): run `datatracing db upgrade`")
        if "unable to open" in text:
            return StoreUnreachableError(
                f"the store {self.path} cannot be opened: check the path, then run `datatracing db upgrade`"
            )
        if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError | sqlite3.InterfaceError):
            return BadInputError(type(error).__name__)
        return StoreUnreachableError(f"the store {self.path} cannot be written: {text}")


_writing: set[SqliteSink] = set()
_of_the_parent: dict[str, SqliteSink] = {}


def _remember_the_parents() -> None:
    """In a forked child. SQLite takes the locks of the parent for the child's own, so the child never opens the file;
    and it keeps the parent's connections for ever, because to close them would meddle with the parent's locks."""
    _of_the_parent.update({sink.path: sink for sink in _writing})
    _writing.clear()


os.register_at_fork(after_in_child=_remember_the_parents)


def _named(entry: LedgerEntry) -> dict[str, str | int | bytes | None]:
    trace = bytes.fromhex(entry.trace_id) or None
    named = {"fate": entry.fate.value, "reason": entry.reason, "count": entry.count, "at": entry.at}
    return {**named, "trace": trace, "producer": entry.producer}
