"""Straight into a Postgres store, with psycopg and nothing above it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from datatracing.capture.importing import importing
from datatracing.capture.packing import EVENTS, MANIFEST, ManifestRow, Row
from datatracing.capture.record import Record
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.sinks.address import masked, parse_database
from datatracing.capture.sinks.deadline import deadline
from datatracing.capture.sinks.port import Receipt
from datatracing.errors import BadInputError, MissingExtraError, SchemaMismatchError, StoreUnreachableError
from datatracing.model import clock
from datatracing.model.fate import LedgerEntry

if TYPE_CHECKING:
    import psycopg

INSERT = "INSERT INTO inbox (trace_id, producer, seq, content, n, payload, received_at) VALUES "
ROW = "(%b, %s, %s, %s, %s, %b, %s)"
KEEP = " ON CONFLICT DO NOTHING RETURNING n"
# The second half makes a report that is sent twice count once; `at` and `count` of a report never change.
LOSE = (
    "INSERT INTO ledger (fate, reason, count, at, trace_id, producer) SELECT %(fate)s, %(reason)s, %(count)s, %(at)s,"
    " %(trace)s::bytea, %(producer)s WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE at = %(at)s AND"
    " producer = %(producer)s AND reason = %(reason)s AND trace_id IS NOT DISTINCT FROM %(trace)s::bytea)"
)


class PostgresSink:
    """One connection while there is something to send, none while there is not."""

    def __init__(self, settings: CaptureSettings) -> None:
        self._url = masked(settings.store)
        self._keywords = {
            "connect_timeout": _whole(settings.connect_timeout),
            **parse_database(settings.store).keywords(),
        }
        self._seconds = settings.send_timeout
        self._connection: psycopg.Connection[Any] | None = None

    def send(self, rows: Sequence[Row]) -> Receipt:
        """One statement."""
        now = clock.now()
        values = [(bytes.fromhex(row.trace_id), row.producer, row.seq, EVENTS, row.n, row.payload, now) for row in rows]
        statement = INSERT + ", ".join([ROW] * len(rows)) + KEEP
        with self._transaction() as cursor:
            cursor.execute(statement, tuple(chain.from_iterable(values)))
            accepted = sum(n for (n,) in cursor.fetchall())
        return Receipt(accepted, sum(row.n for row in rows) - accepted)

    def complete(self, manifest: Record) -> None:
        """One statement."""
        row = ManifestRow(manifest)
        name = (bytes.fromhex(manifest.trace_id), manifest.producer, manifest.seq)
        values = (*name, MANIFEST, row.n, row.payload, clock.now())
        with self._transaction() as cursor:
            cursor.execute(INSERT + ROW + KEEP, values)

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """One transaction."""
        with self._transaction() as cursor:
            for entry in entries:
                cursor.execute(LOSE, _named(entry))

    def close(self) -> None:
        """Give the connection back to the server."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    @contextmanager
    def _transaction(self) -> Iterator["psycopg.Cursor[Any]"]:
        driver = _driver()
        try:
            connection = self._connection = self._connection or self._connect(driver)
            with (
                deadline(connection.fileno(), self._seconds + 1),
                connection.transaction(),
                connection.cursor() as cursor,
            ):
                # LOCAL, because behind a pooler the session is shared with others.
                cursor.execute(f"SET LOCAL statement_timeout = {int(self._seconds * 1000)}")
                yield cursor
        except driver.Error as error:
            self.close()
            raise self._explained(driver, error) from error
        except BaseException:
            self.close()
            raise

    def _connect(self, driver: Any) -> "psycopg.Connection[Any]":
        made: psycopg.Connection[Any] = driver.connect(**self._keywords, autocommit=True, prepare_threshold=None)
        return made

    def _explained(self, driver: Any, error: Exception) -> Exception:
        errors = driver.errors
        if isinstance(error, errors.UndefinedTable | errors.UndefinedColumn | errors.InvalidSchemaName):
            return SchemaMismatchError(f"the store {self._url} has other tables: run `datatracing db upgrade`")
        if isinstance(error, driver.DataError | driver.IntegrityError):
            return BadInputError(type(error).__name__)
        return StoreUnreachableError(f"the store {self._url} does not answer: {self._without_password(error)}")

    def _without_password(self, error: Exception) -> str:
        password = self._keywords.get("password")
        text = " ".join(str(error).split())
        return text.replace(str(password), "***") if password else text


def _driver() -> Any:
    try:
        with importing():
            import psycopg
    except ImportError as error:
        raise MissingExtraError("psycopg is not installed: pip install 'datatracing[postgres]'") from error
    return psycopg


def _whole(seconds: float) -> str:
    """libpq takes whole seconds, and 0 would mean for ever."""
    return str(max(1, round(seconds)))


def _named(entry: LedgerEntry) -> dict[str, str | int | bytes | None]:
    trace = bytes.fromhex(entry.trace_id) or None
    named = {"fate": entry.fate.value, "reason": entry.reason, "count": entry.count, "at": entry.at}
    return {**named, "trace": trace, "producer": entry.producer}
