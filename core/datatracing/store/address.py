"""What an address of a store or collector says: one reading of it for every reader and every writer.

An address that nobody could write to is refused here, so that no task delivers where no command reads. Whatever is
shown to people has its secrets masked.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from datatracing.context.address import is_collector, masked
from datatracing.errors import BadInputError
from datatracing.store import server_address

KNOWN = "sqlite:///PATH, postgresql://USER:PASSWORD@HOST/DATABASE, or https://HOST/datatracing for a collector"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_SQLITE_OPTIONS = {"mode": {"rw", "rwc"}, "cache": {"private"}, "uri": {"true", "1"}}
"""What may stand behind the ? of a file: the values with which it still can be read and written by all."""
_HARMLESS = {"timeout", "check_same_thread"}
"""What other programs need to be told of a file, and we decide ourselves."""


class Kind(Enum):
    """What is at an address."""

    COLLECTOR = "collector"
    POSTGRES = "postgres"
    SQLITE = "sqlite"
    MEMORY = "memory"


@dataclass(frozen=True)
class Address:
    """`text` is for people. `keywords` are what libpq takes, for Postgres.

    `path` is SQLite's file, absolute; where it was `relative`, every process has another."""

    kind: Kind
    text: str
    path: Path | None = None
    relative: bool = False
    keywords: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def place(self) -> str:
        """The same for two addresses of one place, however they are written and whoever logs in."""
        if self.path:
            return str(Path(os.path.realpath(self.path)))
        if self.kind is Kind.POSTGRES:
            return server_address.place(self.keywords)
        scheme, slashes, rest = self.text.partition("://")
        host, _, path = rest.partition("/")
        return f"{scheme}{slashes}{host.lower()}/{path.rstrip('/')}"

    def without_secrets(self, text: str) -> str:
        """What a driver said, with no password in it."""
        for name in server_address.SECRETS & self.keywords.keys():
            text = text.replace(self.keywords[name], "***")
        return text


def parse(url: str) -> Address:
    """BadInputError says in one sentence why it cannot be used; never with a secret in it."""
    url = url.strip()
    if is_collector(url):
        return _collector(url)
    scheme, separator, rest = url.partition(":")
    kind, _, _ = scheme.lower().partition("+")
    if separator and kind == "sqlite":
        return _file(rest)
    if rest.startswith("//") and kind in {"postgres", "postgresql"}:
        keywords, shown = server_address.read(rest.removeprefix("//"))
        return Address(Kind.POSTGRES, shown, keywords=keywords)
    if (kind, rest) == ("memory", "//"):
        return Address(Kind.MEMORY, "memory://")
    raise BadInputError(_not_an_address(kind if rest.startswith("//") else ""))


def shown(url: str) -> str:
    """For people, whether it can be used or not."""
    try:
        return parse(url).text
    except BadInputError:
        return masked(url)


def parse_database(url: str) -> Address:
    """An address whose tables can be opened from here: SQLite or Postgres. BadInputError for every other."""
    address = parse(url)
    if address.kind is Kind.COLLECTOR:
        raise BadInputError(f"{address.text} is a collector, which looks after its own tables: give its database")
    if address.kind is Kind.MEMORY:
        raise BadInputError("memory:// has no tables")
    return address


def _not_an_address(scheme: str) -> str:
    """The URL itself is not repeated: where it cannot be read, a password in it cannot be masked either."""
    if _SCHEME.fullmatch(scheme):
        return f"{scheme!r} is not a kind of store: give {KNOWN}"
    return f"a store is given as {KNOWN}"


def _collector(url: str) -> Address:
    scheme, _, rest = url.partition("://")
    return Address(Kind.COLLECTOR, masked(f"{scheme.lower()}://{rest}"))


def _file(rest: str) -> Address:
    """Everything between the third slash and the ? is the path, as it is; a relative one counts from where we are."""
    whole, _, options = rest.partition("?")
    named = dict(parse_qsl(options, keep_blank_values=True))
    path = whole.removeprefix("///")
    if path == whole or path in {"", ":memory:"} or "\0" in path:
        raise BadInputError(
            "the SQLite address names no file: give sqlite:///relative/path.db or sqlite:////absolute/path.db "
            "(what is in one process's memory, no other process can read)"
        )
    _check_options(named)
    if path.startswith("file:"):
        path = unquote(path.removeprefix("file:"))
    if os.name != "nt" and _WINDOWS.match(path):
        raise BadInputError(f"{path} is a path of Windows, and this is none")
    given = Path(os.path.expanduser(path))  # noqa: PTH111  # Path.expanduser() raises where there is no home
    absolute = given.absolute()
    return Address(Kind.SQLITE, f"sqlite:///{absolute}", path=absolute, relative=not given.is_absolute())


def _check_options(options: Mapping[str, str]) -> None:
    for name, value in options.items():
        if name in _HARMLESS or value.lower() in _SQLITE_OPTIONS.get(name, ()):
            continue
        raise BadInputError(
            f"the SQLite address says {name}={value}, and a store has to be read and written by many: leave it out"
        )
