"""A run that cannot be read again and again is given up, and its ledger says so (law 6)."""

from typing import TYPE_CHECKING

from datatracing.model import clock
from datatracing.model.fate import Fate, LedgerEntry

if TYPE_CHECKING:
    from datatracing.connection import Connection


def give_up(connection: "Connection", trace_id: str, error: Exception) -> None:
    """Note that the orchestrator's record of this run is lost. StoreUnreachableError."""
    reason = f"the watcher could not read the run: {type(error).__name__}"
    connection.lose([LedgerEntry(Fate.LOST, reason, 1, clock.now(), trace_id)])
