"""From an address to a store. An adapter is imported only when its kind is asked for."""

from datatracing.store.address import Kind, parse
from datatracing.store.port import Store

SILENCE = 30.0
"""Seconds that a server may say nothing about a statement, where nobody says otherwise."""


def open_store(url: str, *, migrate: bool = False, silence: float = SILENCE) -> Store:
    """Open `sqlite:///path`, `postgresql://user:password@host/database` or `memory://`.

    Nothing is contacted until the store is used, unless `migrate` asks for its tables to be created or brought up to
    date first. A server that says nothing about a statement for `silence` seconds counts as away. Raises BadInputError
    for an address that is none of these, MissingExtraError when the driver is not installed; with `migrate` also what
    `datatracing db upgrade` raises.
    """
    if parse(url).kind is Kind.MEMORY:
        from datatracing.store.memory import MemoryStore

        return MemoryStore()
    from datatracing.store.sql.store import SqlStore

    if migrate:
        from datatracing.store.sql.schema import upgrade

        upgrade(url)
    return SqlStore(url, silence=silence)
