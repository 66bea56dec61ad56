"""Store addresses: taken apart as the store's own driver layer does it, and shown without what is secret in them."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from datatracing.errors import StoreUnreachableError

_SECRET_QUERY = re.compile(r"(?i)([?&][^=&]*(?:password|token|secret)[^=&]*=)[^&]*")
_CREDENTIALS = re.compile(r"([^:/?]*)(?::([^@]*))?@")
_PLACE = re.compile(r"(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?")


def masked(url: str) -> str:
    """The address with `***` for user and password, also when it is too broken to be taken apart."""
    scheme, slashes, rest = url.partition("://")
    # An unescaped / ? or @ in a password misleads every parser, so whatever is in front of the last @ is hidden.
    _, at, place = rest.rpartition("@")
    shown = f"{scheme}{slashes}{'***@' if at else ''}{place}" if slashes else "***"
    return _SECRET_QUERY.sub(r"\1***", shown)


@dataclass(frozen=True)
class DatabaseAddress:
    """The parts of `postgresql+psycopg://user:password@host:port/database?key=value`.

    User, password and query are percent-decoded and the rest is not, as SQLAlchemy has it: both open the same URL.
    """

    host: str
    port: str
    user: str
    password: str
    database: str
    options: dict[str, str]

    def keywords(self) -> dict[str, str]:
        """What libpq calls the parts; what the query of the URL says wins."""
        named = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.database,
        }
        return {name: value for name, value in {**named, **self.options}.items() if value}


def parse_database(url: str) -> DatabaseAddress:
    """StoreUnreachableError when it is not a URL; its text holds no secret."""
    rest = url.partition("://")[2]
    found = _CREDENTIALS.match(rest)
    user, password = (unquote(found[1]), unquote(found[2] or "")) if found else ("", "")
    where, _, query = rest[found.end() if found else 0 :].partition("?")
    place, _, database = where.partition("/")
    host = _PLACE.fullmatch(place)
    if host is None:
        raise StoreUnreachableError(f"{masked(url)!r} is not the address of a database")
    return DatabaseAddress(host[1] or host[2] or "", host[3] or "", user, password, database, dict(parse_qsl(query)))
