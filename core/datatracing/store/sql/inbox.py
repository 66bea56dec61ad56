"""Inbox rows in and out."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, func, select

from datatracing.inbox.row import Content, InboxRow
from datatracing.store.sql.numbers import insert_new
from datatracing.store.sql.tables import inbox
from datatracing.store.trace_key import trace_key


def add(connection: Connection, rows: Iterable[InboxRow]) -> int:
    """How many rows were new. Sorted, so that two deliveries of the same rows never deadlock."""
    ordered = sorted(rows, key=lambda row: (row.trace_id, row.producer, row.seq, row.n))
    return insert_new(connection, inbox, [_values(row) for row in ordered])


def rows_of(connection: Connection, trace_id: str) -> list[InboxRow]:
    """Every row of the trace."""
    found = connection.execute(select(inbox).where(inbox.c.trace_id == trace_key(trace_id)))
    return [_read(trace_id, row) for row in found]


def weight(connection: Connection, trace_id: str) -> tuple[int, int]:
    """Rows, and bytes of payload."""
    size = func.coalesce(func.sum(func.length(inbox.c.payload)), 0)
    rows, held = connection.execute(select(func.count(), size).where(inbox.c.trace_id == trace_key(trace_id))).one()
    return rows, int(held)


def _values(row: InboxRow) -> dict[str, Any]:
    return {
        "trace_id": trace_key(row.trace_id),
        "producer": row.producer,
        "seq": row.seq,
        "content": row.content.value,
        "n": row.n,
        "payload": row.payload,
        "received_at": row.received_at,
    }


def _read(trace_id: str, row: "Row[Any]") -> InboxRow:
    return InboxRow(trace_id, row.producer, row.seq, Content(row.content), row.n, row.payload, row.received_at)
