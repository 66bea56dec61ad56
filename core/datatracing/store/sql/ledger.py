"""Ledger entries in and out. An entry never changes, but for the numbers of one that is reported again."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, insert, select

from datatracing.model.fate import Fate, LedgerEntry, grown
from datatracing.model.ids import digest
from datatracing.store.sql.dialect import insert_into
from datatracing.store.sql.tables import ledger
from datatracing.store.trace_key import trace_key


def add(connection: Connection, entries: Iterable[LedgerEntry]) -> None:
    """In the given order, which decides between entries of one moment."""
    if rows := [_values(entry) for entry in entries]:
        connection.execute(insert(ledger), rows)


def report(connection: Connection, entries: Iterable[LedgerEntry]) -> None:
    """Sorted, so that two reports of the same entries never deadlock."""
    rows = [{**_values(entry), "reported": key} for key, entry in sorted(_largest(entries).items())]
    if not rows:
        return
    statement = insert_into(connection, ledger)
    larger = {name: _larger(ledger.c[name], statement.excluded[name]) for name in ("count", "told")}
    connection.execute(statement.on_conflict_do_update(index_elements=["reported"], set_=larger), rows)


def _larger(known: ColumnElement[int], said: ColumnElement[int]) -> ColumnElement[int]:
    return case((said > known, said), else_=known)


def _largest(entries: Iterable[LedgerEntry]) -> dict[bytes, LedgerEntry]:
    largest: dict[bytes, LedgerEntry] = {}
    for entry in entries:
        key = _key(entry)
        largest[key] = grown(largest.get(key, entry), entry)
    return largest


def _key(entry: LedgerEntry) -> bytes:
    fields = (entry.fate.value, entry.trace_id, entry.producer, entry.reason, entry.namespace, str(entry.at))
    return bytes.fromhex(digest(*fields, size=16))


def totals(connection: Connection, trace_id: str) -> list[LedgerEntry]:
    """Of one run, added up by all but count and time."""
    names = (ledger.c.fate, ledger.c.reason, ledger.c.producer, ledger.c.namespace, ledger.c.told)
    query = select(*names, func.sum(ledger.c["count"]), func.max(ledger.c.at)).group_by(*names)
    found = connection.execute(query.where(ledger.c.trace_id == trace_key(trace_id)))
    return [
        LedgerEntry(Fate(fate), reason, int(count), at, trace_id, producer, namespace, told)
        for fate, reason, producer, namespace, told, count, at in found
    ]


def newest(connection: Connection, trace_id: str | None, limit: int) -> list[LedgerEntry]:
    """Newest first, of one run or of all."""
    columns = [
        ledger.c[name] for name in ("fate", "reason", "count", "at", "trace_id", "producer", "namespace", "told")
    ]
    query = select(*columns).order_by(ledger.c.at.desc(), ledger.c.id.desc()).limit(limit)
    if trace_id is not None:
        query = query.where(ledger.c.trace_id == trace_key(trace_id))
    return [
        LedgerEntry(Fate(fate), reason, count, at, key.hex() if key else "", producer, namespace, told)
        for fate, reason, count, at, key, producer, namespace, told in connection.execute(query)
    ]


def _values(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "fate": entry.fate.value,
        "reason": entry.reason,
        "count": entry.count,
        "at": entry.at,
        "trace_id": trace_key(entry.trace_id) if entry.trace_id else None,
        "producer": entry.producer,
        "namespace": entry.namespace,
        "told": entry.told,
    }
