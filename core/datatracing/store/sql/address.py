"""What a store URL says. Whatever is shown to people has its passwords masked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from datatracing.errors import BadInputError

SQLITE = "sqlite:///"
_DRIVERS = frozenset({"postgresql", "postgresql+psycopg"})
_SECRETS = frozenset({"password", "sslpassword"})


@dataclass(frozen=True)
class Address:
    """Exactly one of `path` (SQLite) and `server` (Postgres) is set; `text` is the URL with passwords masked.

    `secrets` are the parameters that a URL's own masking does not know.
    """

    text: str
    path: Path | None = None
    server: URL | None = None
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)


def parse(url: str) -> Address:
    """BadInputError when it is neither sqlite:///PATH nor postgresql+psycopg://USER:PASSWORD@HOST/DATABASE."""
    return _file(url) if url.startswith("sqlite:") else _server(url)


def _file(url: str) -> Address:
    """Everything after the third slash is the path, as it is; a relative one counts from where the process is now."""
    path = url.removeprefix(SQLITE)
    if path in {url, "", ":memory:"} or set(path) & {"?", "\0"}:
        raise BadInputError(
            f"{url!r} names no file: give sqlite:///relative/path.db or sqlite:////absolute/path.db, "
            "without parameters (memory:// is a store without a file)"
        )
    return Address(url, path=Path(path).absolute())


def _server(url: str) -> Address:
    try:
        server = make_url(url)
    except (ArgumentError, ValueError):
        raise _unreadable() from None
    if server.drivername not in _DRIVERS or "@" in (server.host or ""):
        raise _unreadable()
    secrets = {name: value for name, value in server.query.items() if name in _SECRETS}
    server = server.set(drivername="postgresql+psycopg").difference_update_query(secrets)
    return Address(server.render_as_string(hide_password=True), server=server, secrets=secrets)


def _unreadable() -> BadInputError:
    """Neither the URL nor a parser's message is shown: where parsing failed, the password cannot be told apart."""
    return BadInputError(
        "the Postgres URL cannot be read: give postgresql+psycopg://USER:PASSWORD@HOST:PORT/DATABASE, "
        "with characters such as / @ : # in the password percent-encoded"
    )
