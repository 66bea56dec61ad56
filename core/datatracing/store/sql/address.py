"""What a store URL says. Whatever is shown to people has its passwords masked."""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from datatracing.errors import BadInputError

SQLITE = "sqlite:///"
_SECRETS = frozenset({"password", "sslpassword"})


@dataclass(frozen=True)
class Address:
    """Exactly one of `path` (SQLite) and `server` (Postgres) is set; `text` is the URL with passwords masked."""

    text: str
    path: Path | None = None
    server: URL | None = field(default=None, repr=False)


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
        # Neither the URL nor the parser's message is shown: where parsing failed, the password cannot be told apart.
        raise BadInputError(
            "the Postgres URL cannot be read: give postgresql+psycopg://USER:PASSWORD@HOST:PORT/DATABASE, "
            "with characters such as / @ : # in the password percent-encoded"
        ) from None
    if server.drivername not in {"postgresql", "postgresql+psycopg"}:
        raise BadInputError(f"{server.drivername}:// is not supported: give postgresql+psycopg://...")
    server = server.set(drivername="postgresql+psycopg")
    return Address(_masked(server), server=server)


def _masked(server: URL) -> str:
    query = {name: "***" if name in _SECRETS else value for name, value in server.query.items()}
    return server.set(query=query).render_as_string(hide_password=True)
