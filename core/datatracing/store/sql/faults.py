"""What a driver's error means, said once, in words that tell a person what to do."""

import re
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from datatracing.errors import (
    BadInputError,
    DataTracingError,
    SchemaMismatchError,
    StoreRefusedError,
    StoreUnreachableError,
)
from datatracing.store.address import Address

UPGRADE = "create or update its tables with `datatracing db upgrade`"

Meaning = tuple[type[DataTracingError], str]

_NOT_MIGRATED: Meaning = (SchemaMismatchError, f"the tables of DataTracing are missing or too old: {UPGRADE}")
_TAKEN: Meaning = (
    SchemaMismatchError,
    "a table of this name is there already and is not ours: give DataTracing its own database, or on Postgres schema",
)
_REFUSED: Meaning = (StoreRefusedError, "the database takes no such value")
_BUSY: Meaning = (
    StoreUnreachableError,
    "another process held the same rows for too long; the same call may be tried again",
)

# The first two characters of a SQLSTATE are its class; the whole code is looked up first.
_BY_SQLSTATE: dict[str, Meaning] = {
    "42P01": _NOT_MIGRATED,
    "42703": _NOT_MIGRATED,
    "42P07": _TAKEN,
    "22": _REFUSED,
    "23": _REFUSED,
    "54": _REFUSED,
    "40": _BUSY,
    "55P03": _BUSY,
    "57014": _BUSY,
    "42501": (StoreUnreachableError, "this database user may not do that: grant it the rights on the tables"),
    "53100": (StoreUnreachableError, "the server's disk is full: free some space"),
    "53300": (StoreUnreachableError, "the server has no connection left: raise max_connections or use a pooler"),
}

# SQLite has no codes before Python 3.11, and a connection that Postgres refuses has none at all.
_BY_TEXT: tuple[tuple[str, Meaning], ...] = (
    (r"no such (table|column)|has no column named", _NOT_MIGRATED),
    (r"table \S+ already exists", _TAKEN),
    (r"not a database|malformed", (StoreUnreachableError, "the file is not an SQLite database, or it is damaged")),
    (r"database is locked", (StoreUnreachableError, "another process has been writing for too long; try again")),
    (r"readonly|read-only", (StoreUnreachableError, "the file and its folder must be writable by this user")),
    (r"disk is full|disk I/O error", (StoreUnreachableError, "free some space on its disk")),
    (r"too big|too large", _REFUSED),
    (r"invalid (connection option|integer value|port)", (BadInputError, "check what follows the ? and : in the URL")),
    (r"password|authentication|role .* does not exist", (StoreUnreachableError, "check the user and the password")),
    (r"database .* does not exist", (StoreUnreachableError, "check the database's name, or create it first")),
    (r"resolve host|translate host|Name or service", (StoreUnreachableError, "check the host's name in the URL")),
    (r"refused|timeout|timed out|No such file", (StoreUnreachableError, "check host and port, and that it is running")),
)


def explain(error: Exception, address: Address) -> DataTracingError:
    """The error of ours that stands for what SQLAlchemy or a driver raised. The caller raises it `from` the cause."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    kind, advice = _meaning(cause, address)
    said = address.without_secrets(" ".join(str(cause).split()))[:300]
    return kind(f"the store {address.text} says: {said} ({advice})")


def _meaning(cause: BaseException, address: Address) -> Meaning:
    said = str(cause)
    if isinstance(cause, OverflowError | UnicodeError):
        return _REFUSED
    if address.path and "unable to open" in said:
        return StoreUnreachableError, _why_not_open(address.path)
    code = getattr(cause, "sqlstate", None) or ""
    if meaning := _BY_SQLSTATE.get(code) or _BY_SQLSTATE.get(code[:2]):
        return meaning
    found = (meaning for pattern, meaning in _BY_TEXT if re.search(pattern, said))
    return next(found, (StoreUnreachableError, "see that the database is running, and try again"))


def _why_not_open(path: Path) -> str:
    """SQLite says the same for all of these."""
    if path.is_dir():
        return "this is a folder: name a file in it"
    if not path.parent.is_dir():
        return f"the folder {path.parent} does not exist: create it, or correct the path"
    if not path.exists():
        return f"there is no store yet: {UPGRADE}"
    return "the file and its folder must be readable and writable by this user"
