"""From a URL to a store. An adapter is imported only when its scheme is asked for."""

from collections.abc import Callable
from string import ascii_lowercase, digits

from datatracing.errors import BadInputError
from datatracing.store.port import Store

_SCHEME = frozenset(ascii_lowercase + digits + "+-.")


def open_store(url: str, *, migrate: bool = False) -> Store:
    """Open `memory://`, `sqlite:///path` or `postgresql+psycopg://user:password@host/database`.

    Nothing is contacted until the store is used, unless `migrate` asks for its tables to be created or brought up to
    date first. Raises BadInputError for a URL that is none of these, MissingExtraError when the driver is not
    installed; with `migrate` also what `datatracing db upgrade` raises.
    """
    scheme, separator, _ = url.partition("://")
    opener = _OPENERS.get(scheme) if separator else None
    if opener is None:
        raise BadInputError(_not_a_store(scheme if separator and set(scheme) <= _SCHEME else ""))
    return opener(url, migrate)


def _not_a_store(scheme: str) -> str:
    """The URL itself is not repeated: where it cannot be read, a password in it cannot be masked either."""
    known = "sqlite:///PATH, postgresql+psycopg://USER:PASSWORD@HOST/DATABASE or memory://"
    if scheme in {"http", "https"}:
        return f"an {scheme} URL is a collector, not a store: use datatracing.connect, or give {known}"
    return f"{scheme!r} is not a kind of store: give {known}" if scheme else f"a store URL is {known}"


def _memory(_url: str, _migrate: bool) -> Store:
    from datatracing.store.memory import MemoryStore

    return MemoryStore()


def _sql(url: str, migrate: bool) -> Store:
    from datatracing.store.sql.store import SqlStore

    if migrate:
        from datatracing.store.sql.schema import upgrade

        upgrade(url)
    return SqlStore(url)


_OPENERS: dict[str, Callable[[str, bool], Store]] = {
    "memory": _memory,
    "sqlite": _sql,
    "postgresql": _sql,
    "postgresql+psycopg": _sql,
}
