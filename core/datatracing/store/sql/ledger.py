"""Ledger entries in and out. Entries are only ever added."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, insert, select

from datatracing.model.fate import Fate, LedgerEntry
from datatracing.store.sql.tables import ledger
from datatracing.store.trace_key import trace_key


def add(connection: Connection, entries: Iterable[LedgerEntry]) -> None:
    """In the given order, which decides between entries of one moment."""
    if rows := [_values(entry) for entry in entries]:
        connection.execute(insert(ledger), rows)


def newest(connection: Connection, trace_id: str | None, limit: int) -> list[LedgerEntry]:
    """Newest first, of one run or of all."""
    columns = (ledger.c.fate, ledger.c.reason, ledger.c["count"], ledger.c.at, ledger.c.trace_id, ledger.c.producer)
    query = select(*columns).order_by(ledger.c.at.desc(), ledger.c.id.desc()).limit(limit)
    if trace_id is not None:
        query = query.where(ledger.c.trace_id == trace_key(trace_id))
    return [
        LedgerEntry(Fate(fate), reason, count, at, key.hex() if key else "", producer)
        for fate, reason, count, at, key, producer in connection.execute(query)
    ]


def _values(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "fate": entry.fate.value,
        "reason": entry.reason,
        "count": entry.count,
        "at": entry.at,
        "trace_id": trace_key(entry.trace_id) if entry.trace_id else None,
        "producer": entry.producer,
    }
