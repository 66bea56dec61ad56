"""Model objects to JSON and back: one compiled reader per dataclass, standard library only.

The wire format is the field names of the dataclasses; a field that holds its default is left out. Reading refuses wrong
types and missing fields with a BadInputError that names the path (`event.times.started_at`).

What a newer release says beyond what is known here is set aside and named, never a reason to refuse: a field that is
not known is left out; of a word that is not known, an optional field keeps None, a list leaves that item out, and a
required field takes the word that claims least (`unless_known`). Only where none of these can be is the whole refused.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from datatracing.errors import BadInputError

T = TypeVar("T")
INTEGER_LIMIT = 2**63
"""Integers outside a signed 64-bit word fit no store."""
NAMES = 20
"""How many names one object may set aside; more are one name, `...`."""
_PATH = re.compile(r"[A-Za-z_.?\[\]0-9]{1,200}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class Aside:
    """What was not known and has been left out, by name. Strangers write the names: few are kept, short, of letters."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names: dict[str, None] = dict.fromkeys(names)

    @property
    def names(self) -> tuple[str, ...]:
        """In alphabetical order: `event.tenant`, `event.links[].weight`."""
        return tuple(sorted(self._names))

    def field(self, path: str, name: str) -> None:
        """This object has a field of this name."""
        self.word(f"{path}.{name if _NAME.fullmatch(name) else '?'}")

    def word(self, path: str) -> None:
        """This field holds a word that is not known."""
        name = re.sub(r"\[\d+\]", "[]", path)
        self._names[name if name in self._names or len(self._names) < NAMES else "..."] = None


Reader = Callable[[Any, str, Aside], Any]


def plain_names(names: Iterable[str]) -> tuple[str, ...]:
    """Of names that a stranger says were left out, those that can be."""
    return tuple(sorted({name for name in names if _PATH.fullmatch(name)}))[:NAMES]


class UnknownWordError(BadInputError):
    """A word of a newer release stands where one of ours should, and nothing can stand in for it."""


def unless_known(member: Enum) -> dict[str, Enum]:
    """Metadata of a field: this is what it holds where a newer release says a word that is not known here."""
    return {"unless_known": member}


def dumps(value: Any) -> bytes:
    """A model object as compact UTF-8 JSON."""
    return json.dumps(to_plain(value), separators=(",", ":"), ensure_ascii=False, default=str).encode(
        "utf-8", "replace"
    )


def loads(cls: type[T], data: bytes | str, aside: Aside | None = None) -> T:
    """The object that `dumps` wrote. BadInputError when the bytes are not that. `aside` learns what was left out."""
    try:
        plain = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{_label(cls)} is not JSON: {error}") from error
    return from_plain(cls, plain, aside)


def _no_number(_word: str) -> None:
    """NaN and Infinity are Python's own words and no JSON: nobody who reads the trace could read them."""


def to_plain(value: Any) -> Any:
    """Dicts, lists and scalars; enums by value, fields at their default left out."""
    if type(value) in _SCALARS:  # most of what there is
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {
            name: to_plain(got) for name, default in _defaults(type(value)) if (got := getattr(value, name)) != default
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain(item) for item in value]
    return value


def from_plain(cls: type[T], plain: Any, aside: Aside | None = None) -> T:
    """The object behind a decoded JSON value. BadInputError names the first field that does not fit."""
    made: T = _reader(cls)(plain, _label(cls), Aside() if aside is None else aside)  # type: ignore[arg-type]  # a type is hashable; mypy 2 loses it through type[T]
    return made


def _label(cls: type) -> str:
    return cls.__name__.lower()


@cache
def _defaults(cls: type) -> tuple[tuple[str, Any], ...]:
    return tuple((each.name, _default(each)) for each in fields(cls))


def _default(field: "Field[Any]") -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


@cache
def _reader(hint: Any) -> Reader:
    origin, args = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _optional(_reader(next(arg for arg in args if arg is not type(None))))
    if origin is tuple:
        return _many(_reader(args[0]))
    if hint is Any:
        return lambda value, _path, _aside: value
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _member(hint)
    return _object if origin is not None else _SCALARS[hint]


def _optional(inner: Reader) -> Reader:
    def read(value: Any, path: str, aside: Aside) -> Any:
        return None if value is None else _or_else(inner, None, value, path, aside)

    return read


def _or_else(inner: Reader, instead: Any, value: Any, path: str, aside: Aside) -> Any:
    try:
        return inner(value, path, aside)
    except UnknownWordError:
        aside.word(path)
        return instead


def _many(inner: Reader) -> Reader:
    def read(value: Any, path: str, aside: Aside) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise BadInputError(f"{path} must be a list")
        found = (_or_else(inner, MISSING, item, f"{path}[{index}]", aside) for index, item in enumerate(value))
        return tuple(item for item in found if item is not MISSING)

    return read


def _member(enum: type[Enum]) -> Reader:
    words = {member.value: member for member in enum}

    def read(value: Any, path: str, _aside: Aside) -> Enum:
        if not isinstance(value, str):
            raise BadInputError(f"{path} must be one of {', '.join(words)}")
        if value not in words:
            raise UnknownWordError(f"{path} must be one of {', '.join(words)}")
        return words[value]

    return read


def _record(cls: type) -> Reader:
    hints = get_type_hints(cls)
    readers = {each.name: _field(_reader(hints[each.name]), each) for each in fields(cls)}
    required = {name for name, default in _defaults(cls) if default is MISSING}

    def read(value: Any, path: str, aside: Aside) -> Any:
        if not isinstance(value, dict):
            raise BadInputError(f"{path} must be an object")
        if missing := required - value.keys():
            raise BadInputError(f"{path}.{min(missing)} is missing")
        for name in value.keys() - readers.keys():
            aside.field(path, name)
        known = ((name, item) for name, item in value.items() if name in readers)
        return cls(**{name: readers[name](item, f"{path}.{name}", aside) for name, item in known})

    return read


def _field(inner: Reader, field: "Field[Any]") -> Reader:
    if "unless_known" not in field.metadata:
        return inner
    instead = field.metadata["unless_known"]
    return lambda value, path, aside: _or_else(inner, instead, value, path, aside)


def _integer(value: Any, path: str, _aside: Aside) -> int:
    if type(value) is not int or not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        raise BadInputError(f"{path} must be an integer of at most 64 bits")
    return value


def _text(value: Any, path: str, _aside: Aside) -> str:
    if not isinstance(value, str):
        raise BadInputError(f"{path} must be text")
    return value


def _flag(value: Any, path: str, _aside: Aside) -> bool:
    if not isinstance(value, bool):
        raise BadInputError(f"{path} must be true or false")
    return value


def _number(value: Any, path: str, _aside: Aside) -> float:
    if type(value) not in {int, float}:
        raise BadInputError(f"{path} must be a number")
    return float(value)


def _object(value: Any, path: str, _aside: Aside) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInputError(f"{path} must be an object")
    return value


_SCALARS: dict[Any, Reader] = {int: _integer, str: _text, bool: _flag, float: _number}
