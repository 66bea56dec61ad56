"""`postgresql://user:password@host:port/database?option=value`, taken apart.

libpq's rules hold, whichever driver the address was written for: every part is percent-decoded, several hosts are
separated by commas, options are libpq's. Beyond them a password may hold characters that ought to be escaped.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from datatracing.context.address import masked_options
from datatracing.errors import BadInputError

SECRETS = frozenset({"password", "sslpassword"})
_HOST = r"(?:\[[0-9A-Fa-f:.%]+\]|[^\s\[\]@:/?#,]*)(?::\d*)?"
_PLACE = re.compile(rf"(?P<hosts>{_HOST}(?:,{_HOST})*)(?:/(?P<database>[^@/?]*))?(?:\?(?P<options>(?:\w+=[^&]*&?)*))?")
_ONE_HOST = re.compile(r"(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?")
_LAST_PORT = 65_535


def read(rest: str) -> tuple[dict[str, str], str]:
    """libpq's keywords, and the address for people. `rest` is what follows the `//`. BadInputError tells no secret."""
    user, password, found = _divided(rest)
    login = f"{user}{':***' if password else ''}@" if user or password else ""
    hosts, ports = _hosts(found["hosts"])
    named = {"host": hosts, "port": ports, "user": unquote(user), "password": unquote(password)}
    named["dbname"] = unquote(found["database"] or "")
    given = {name: value for name, value in named.items() if value.strip(",")}
    return {**given, **_options(found["options"] or "")}, f"postgresql://{login}{masked_options(found[0])}"


def place(keywords: Mapping[str, str]) -> str:
    """The same for two addresses of one database."""
    host = keywords.get("hostaddr") or keywords.get("host") or "local socket"
    database = keywords.get("dbname") or keywords.get("user") or ""
    return f"{host.lower()} {keywords.get('port') or '5432'} {database} {keywords.get('options', '')}"


def _divided(rest: str) -> tuple[str, str, re.Match[str]]:
    """User, password, and the rest. The first @ ends the password that is followed by a whole and proper place."""
    for at in (index for index, character in enumerate(rest) if character == "@"):
        user, _, password = rest[:at].partition(":")
        if not set(user) & set("/?") and (found := _PLACE.fullmatch(rest, at + 1)):
            return user, password, found
    found = _PLACE.fullmatch(rest)
    if found is None or "@" in rest.partition("?")[0]:
        raise _unreadable()
    return "", "", found


def _hosts(text: str) -> tuple[str, str]:
    """Hosts and ports, each list separated by commas as libpq wants them."""
    found = [match for each in text.split(",") if (match := _ONE_HOST.fullmatch(each))]
    ports = [match[3] or "" for match in found]
    if any(port and not 0 < int(port) <= _LAST_PORT for port in ports):
        raise _unreadable()
    return ",".join(unquote(match[1] or match[2] or "") for match in found), ",".join(ports)


def _options(text: str) -> dict[str, str]:
    pairs = [each.partition("=") for each in text.split("&") if each]
    named = {name: unquote(value) for name, _, value in pairs}
    if len(named) < len(pairs):
        raise BadInputError("the Postgres address gives one option twice")
    if "ssl" in named:  # asyncpg's word for it
        ssl = named.pop("ssl")
        named.setdefault("sslmode", {"true": "require", "false": "disable"}.get(ssl.lower(), ssl))
    return named


def _unreadable() -> BadInputError:
    """Neither the address nor a parser's message is shown: where parsing failed, the password cannot be told apart."""
    return BadInputError(
        "the Postgres address cannot be read: give postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
        "with characters such as / @ : # in the password percent-encoded"
    )
