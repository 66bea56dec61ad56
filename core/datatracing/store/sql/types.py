"""How words and JSON are kept in columns, the same on both databases."""

import json
import re
from typing import Any

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

Number = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only a column that is called exactly INTEGER; its integers have 64 bits all the same."""

_ESCAPE = "\x1a"
_UNSAFE = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")


class Words(TypeDecorator[str]):
    """Text that may hold anything Python's may. Postgres refuses NUL, and no database takes half a surrogate pair.

    They are written as an escape and read back as they were: a run id must come back as it was hashed.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """Text as a database takes it."""
        return value if value is None else _UNSAFE.sub(lambda found: f"{_ESCAPE}{ord(found[0]):04x}", value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        """The text as it was given."""
        if value is None or _ESCAPE not in value:
            return value
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)


class Json(TypeDecorator[Any]):
    """JSON as ASCII text, on Postgres too: jsonb refuses NUL, and nothing in here is searched by the server."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str:
        """Compact, with everything outside ASCII escaped."""
        return json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        """The decoded value."""
        return None if value is None else json.loads(value)
