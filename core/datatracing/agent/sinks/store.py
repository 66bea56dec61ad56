"""Straight into a store, through the adapter that everybody else uses."""

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from datatracing.agent.sinks.port import Receipt
from datatracing.capture.frame import Frame
from datatracing.connection import connect_and_prepare
from datatracing.connection.local import LocalConnection
from datatracing.errors import BadInputError, DataTracingError, StoreUnreachableError
from datatracing.inbox.packing import Unbroken
from datatracing.model import clock, codec
from datatracing.model.fate import LedgerEntry
from datatracing.model.manifest import Manifest

if TYPE_CHECKING:
    from datatracing.settings import Settings

log = logging.getLogger("datatracing")


class StoreSink:
    """A SQLite file has no administrator, so its tables are made here; elsewhere they have been made."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings
        self._connection: LocalConnection | None = None

    def send(self, rows: Sequence[Unbroken]) -> Receipt:
        """One transaction."""
        now = clock.now()
        self._opened().store.append([row.row(now) for row in rows])
        return Receipt(delivered=sum(row.n for row in rows))

    def complete(self, manifest: Frame) -> None:
        """One transaction."""
        self._opened().keep(codec.loads(Manifest, manifest.json))

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """One transaction."""
        self._opened().lose(entries)

    def fold(self, trace_ids: Iterable[str]) -> None:
        """Seal them again with what is there now. One that cannot be folded stops no other."""
        connection = self._opened()
        for trace_id in trace_ids:
            try:
                connection.sealer.seal(trace_id)
            except StoreUnreachableError:
                raise
            except Exception:
                log.exception("DataTracing could not fold run %s; the next one who looks tries again", trace_id)

    def close(self) -> None:
        """Give connections back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except DataTracingError as error:
                log.info("the store was not closed properly: %s", error)

    def _opened(self) -> LocalConnection:
        if self._connection is None:
            try:
                opened = connect_and_prepare(self._settings)
            except BadInputError as error:
                # What is wrong is the address, and nothing that is to be sent: that must wait, and not be put aside.
                raise StoreUnreachableError(str(error)) from error
            assert isinstance(opened, LocalConnection)
            self._connection = opened
        return self._connection
