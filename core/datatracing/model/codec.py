"""Model objects to JSON and back, strictly: one compiled reader per dataclass, standard library only.

The wire format is the field names of the dataclasses; a field that holds its default is left out. Reading refuses
unknown fields, wrong types and missing fields with a BadInputError that names the path (`event.times.started_at`).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from datatracing.errors import BadInputError

T = TypeVar("T")
Reader = Callable[[Any, str], Any]
INTEGER_LIMIT = 2**63
"""Integers outside a signed 64-bit word fit no store."""


def dumps(value: Any) -> bytes:
    """A model object as compact UTF-8 JSON."""
    return json.dumps(to_plain(value), separators=(",", ":"), ensure_ascii=False, default=str).encode(
        "utf-8", "replace"
    )


def loads(cls: type[T], data: bytes | str) -> T:
    """The object that `dumps` wrote. BadInputError when the bytes are not that."""
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{_label(cls)} is not JSON: {error}") from error
    return from_plain(cls, plain)


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


def from_plain(cls: type[T], plain: Any) -> T:
    """The object behind a decoded JSON value. BadInputError names the first field that does not fit."""
    made: T = _reader(cls)(plain, _label(cls))  # type: ignore[arg-type]  # a type is hashable; mypy 2 loses it through type[T]
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
        return lambda value, _path: value
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _member(hint)
    return _object if origin is not None else _SCALARS[hint]


def _optional(inner: Reader) -> Reader:
    return lambda value, path: None if value is None else inner(value, path)


def _many(inner: Reader) -> Reader:
    def read(value: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise BadInputError(f"{path} must be a list")
        return tuple(inner(item, f"{path}[{index}]") for index, item in enumerate(value))

    return read


def _member(enum: type[Enum]) -> Reader:
    words = {member.value: member for member in enum}

    def read(value: Any, path: str) -> Enum:
        if not isinstance(value, str) or value not in words:
            raise BadInputError(f"{path} must be one of {', '.join(words)}")
        return words[value]

    return read


def _record(cls: type) -> Reader:
    hints = get_type_hints(cls)
    readers = {each.name: _reader(hints[each.name]) for each in fields(cls)}
    required = {name for name, default in _defaults(cls) if default is MISSING}

    def read(value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            raise BadInputError(f"{path} must be an object")
        if unknown := value.keys() - readers.keys():
            raise BadInputError(f"{path} has a field that is not known: {min(unknown)[:60]!r}")
        if missing := required - value.keys():
            raise BadInputError(f"{path}.{min(missing)} is missing")
        return cls(**{name: readers[name](item, f"{path}.{name}") for name, item in value.items()})

    return read


def _integer(value: Any, path: str) -> int:
    if type(value) is not int or not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        raise BadInputError(f"{path} must be an integer of at most 64 bits")
    return value


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise BadInputError(f"{path} must be text")
    return value


def _flag(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise BadInputError(f"{path} must be true or false")
    return value


def _number(value: Any, path: str) -> float:
    if type(value) not in {int, float}:
        raise BadInputError(f"{path} must be a number")
    return float(value)


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInputError(f"{path} must be an object")
    return value


_SCALARS: dict[Any, Reader] = {int: _integer, str: _text, bool: _flag, float: _number}
