"""Attributes of any kind become plain JSON values: masked, bounded, finite."""

from collections import deque
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from datatracing.redact.bounds import CUT_NAME, MARKER_BYTES, Bounds, bounded, cut, is_cut, size
from datatracing.redact.masks import HIDDEN, Masks
from datatracing.redact.names import Names, Promise
from datatracing.redact.numbers import has_digits
from datatracing.redact.pairs import is_secret, settled_connection
from datatracing.redact.patterns import Pattern
from datatracing.redact.scalars import scalar
from datatracing.redact.scanner import Scanner
from datatracing.redact.worth import LOOKED_AT

NAME = Pattern(r"[\w.-]{1,100}")
CYCLE = "[cycle]"
NAME_TITLES = ("name", "key", "Name", "Key")
VALUE_TITLES = ("value", "Value")
CARD_FLOOR = 10**12
SORTED_LIMIT = 1_000
NUMBER_BYTES = 8
VALUE_BYTES = 2
"""What every value takes besides its text, so that a room also bounds how many there are."""

DOUBTFUL = frozenset({Promise.METER, Promise.WEAK, Promise.DIGITS})
_CONTAINERS = (dict, list, tuple, Mapping, AbstractSet, deque)
_NUMBERS = frozenset({int, float, bool, type(None)})


class Room:
    """Bytes that one attribute may still take, with everything in it, and the containers around the current value."""

    __slots__ = ("around", "left")

    def __init__(self, left: int) -> None:
        self.left = left
        self.around: list[Any] = []


class Values:
    """Makes values plain. What cannot be read is masked, never passed on."""

    def __init__(self, names: Names, masks: Masks, scanner: Scanner, bounds: Bounds) -> None:
        self._names = names
        self._masks = masks
        self._scan = scanner.scan
        self._harmless = scanner.harmless
        self._bounds = bounds

    def text(self, text: str, limit: int) -> str:
        """At most `limit` bytes, masked."""
        if len(text) * 4 <= limit and text in self._harmless:
            return text
        return bounded(text, limit, self._scan)

    def attributes(self, attributes: Mapping[Any, Any]) -> dict[str, Any]:
        """Those of one span. The first ones stay when they are too many; CUT_NAME then says how many are gone."""
        shown: dict[str, Any] = {}
        try:
            self._fill(shown, attributes)
        except Exception:
            self._masks.counts["unreadable"] += 1
            shown[CUT_NAME] = "unreadable"
        return shown

    def _fill(self, shown: dict[str, Any], attributes: Mapping[Any, Any]) -> None:
        left = self._bounds.span_bytes
        for position, (key, value) in enumerate(attributes.items()):
            if self._full(position, attributes, left - MARKER_BYTES, value):
                shown[CUT_NAME] = cut(max(1, len(attributes) - position), "attributes")
                return
            granted = min(self._bounds.value_bytes, left)
            room = Room(granted)
            self._enter(shown, key, value, room)
            left -= granted - room.left

    def _full(self, position: int, values: Mapping[Any, Any] | Sequence[Any], left: int, value: Any) -> bool:
        """Whether to cut here. The marker of an earlier cut, in the last place, is never cut itself."""
        limit = self._bounds.attributes
        if position < limit - 1 and left > 0:
            return False
        total = len(values)
        over = position >= limit or total > limit or left <= 0
        return over and not (position == total - 1 < limit and is_cut(value))

    def _enter(self, shown: dict[str, Any], key: Any, value: Any, room: Room) -> None:
        """One entry of a mapping. Two names that are masked alike stay two entries."""
        try:
            plain = key if type(key) is str else str(scalar(key))
            name = self.text(plain, self._bounds.name_bytes)
            promise = self._promise(plain, name)
        except Exception:
            name, plain, promise = self._unread(), "", Promise.SECRET
        try:
            made = self._under(promise, plain, value, room)
        except Exception:
            made = self._unread()
        if name in shown:
            name = next(other for n in range(2, len(shown) + 3) if (other := f"{name} ({n})") not in shown)
        room.left -= size(name)
        shown[name] = made

    def _promise(self, name: str, shown: str) -> Promise:
        """By either form: a masked name is judged again wherever the attributes are redacted once more."""
        found = self._names.promise(name)
        if shown == name or (found is not Promise.NOTHING and found not in DOUBTFUL):
            return found
        again = self._names.promise(shown)
        return found if again is Promise.NOTHING else again

    def _unread(self) -> str:
        """In place of what raises when it is read: nobody knows what it holds."""
        self._masks.counts["unreadable"] += 1
        return HIDDEN

    def _under(self, promise: Promise, name: str, value: Any, room: Room) -> Any:
        """A value whose name promises something."""
        if promise is Promise.NOTHING:
            return self._value(value, room)
        plain = scalar(value) if not _is_container(value) else None
        if promise is Promise.CONNECTION:
            return self._connection(value, plain, room)
        if (
            isinstance(value, str | int | float)
            and not isinstance(plain, bool)
            and self._is_harmless(promise, name, plain)
        ):
            return self._value(plain, room)
        if promise in DOUBTFUL and _is_container(value) and not name.lower().endswith("auth"):
            return self._value(value, room)
        return self._hidden(value, plain, room)

    def _is_harmless(self, promise: Promise, name: str, plain: Any) -> bool:
        """Whether a single value under such a name is no secret."""
        if not isinstance(plain, str):
            return promise in {Promise.METER, Promise.WEAK} or (
                promise is Promise.DIGITS and not has_digits(str(plain))
            )
        return not is_secret(plain[:LOOKED_AT], name, promise, self._names, quoted=True)

    def _connection(self, value: Any, plain: Any, room: Room) -> Any:
        if isinstance(value, Mapping) or isinstance(plain, int | float):
            return self._value(value, room)
        if isinstance(plain, str) and settled_connection(made := self.text(plain, max(room.left, MARKER_BYTES))):
            room.left -= size(made) + VALUE_BYTES
            return made
        return self._hidden(value, plain, room)

    def _hidden(self, value: Any, plain: Any, room: Room) -> Any:
        """The mask of the whole value. What is empty, true or false is no secret."""
        room.left -= VALUE_BYTES + NUMBER_BYTES
        if value is None or isinstance(plain, bool):
            return plain
        if plain is not None:
            return self._masks.cover("name", str(plain))
        made = self._value(value, room)
        return self._masks.cover("name", _canonical(made)) if made else made

    def _value(self, value: Any, room: Room) -> Any:
        kind = type(value)
        if kind is str:
            return self._text(value, room)
        if kind not in _NUMBERS and _is_container(value):
            return self._container(value, room)
        plain = scalar(value)
        return self._text(plain, room) if isinstance(plain, str) else self._number(plain, room)

    def _text(self, text: str, room: Room) -> str:
        made = self.text(text, max(room.left, MARKER_BYTES))
        room.left -= VALUE_BYTES + size(made)
        return made

    def _marker(self, marker: str, room: Room) -> str:
        """Takes as much room as it will when it is read again: only so does bounding twice change nothing."""
        room.left -= VALUE_BYTES + size(marker)
        return marker

    def _number(self, plain: Any, room: Room) -> Any:
        """A number, true, false or None. Only a whole number of that many digits can be a card's."""
        room.left -= NUMBER_BYTES
        if type(plain) is int and plain >= CARD_FLOOR and (made := self._scan(str(plain))) != str(plain):
            return made
        return plain

    def _container(self, value: Any, room: Room) -> Any:
        if any(value is outer for outer in room.around):
            return self._marker(CYCLE, room)
        if len(room.around) >= self._bounds.depth:
            return self._marker(cut(1, "levels"), room)
        room.left -= VALUE_BYTES
        room.around.append(value)
        try:
            entries = _entries(value)
            return self._mapping(entries, room) if isinstance(entries, Mapping) else self._sequence(entries, room)
        finally:
            room.around.pop()

    def _mapping(self, mapping: Mapping[Any, Any], room: Room) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        title, named = self._named_value(mapping)
        for position, (key, value) in enumerate(mapping.items()):
            if self._full(position, mapping, room.left, value):
                shown[CUT_NAME] = self._marker(cut(max(1, len(mapping) - position), "entries"), room)
                room.left -= size(CUT_NAME)
                break
            if named is not Promise.NOTHING and key in VALUE_TITLES:
                shown[str(key)] = self._under(named, title, value, room)
            else:
                self._enter(shown, key, value, room)
        return shown

    def _named_value(self, mapping: Mapping[Any, Any]) -> tuple[str, Promise]:
        """What `value` is in {"name": "DB_PASSWORD", "value": ...}, as environments and headers are often written."""
        if not any(title in mapping for title in VALUE_TITLES):
            return "", Promise.NOTHING
        names = (name for title in NAME_TITLES if isinstance(name := mapping.get(title), str))
        title = next(names, "")
        return title, self._announce(title)

    def _sequence(self, values: Sequence[Any], room: Room) -> list[Any]:
        made: list[Any] = []
        previous = ""
        for position, value in enumerate(values):
            if self._full(position, values, room.left, value):
                made.append(self._marker(cut(max(1, len(values) - position), "items"), room))
                break
            announced = self._announced(previous, value, pair=len(values) == 2)
            made.append(self._under(announced, previous, value, room))
            previous = value if isinstance(value, str) else ""
        return made

    def _announced(self, previous: str, value: Any, *, pair: bool) -> Promise:
        """What a value is behind `--password`, or as the second of a pair like ("Authorization", ...)."""
        flag = previous[:1] == "-" and not (isinstance(value, str) and value[:1] == "-")
        return self._announce(previous) if flag or pair else Promise.NOTHING

    def _announce(self, text: str) -> Promise:
        """A text in front of a value is a name only when nothing else stands in it."""
        return self._names.promise(text) if text and NAME.fullmatch(text) else Promise.NOTHING


def _canonical(made: Any) -> str:
    """Equal structures are equal texts."""
    import json

    return json.dumps(made, sort_keys=True)


def _is_container(value: Any) -> bool:
    if isinstance(value, _CONTAINERS):
        return True
    return hasattr(type(value), "__dataclass_fields__")  # of the type: a proxy may run anything when it is asked


def _entries(value: Any) -> Mapping[Any, Any] | Sequence[Any]:
    """A mapping or a sequence. What has named fields keeps their names: they may promise a secret."""
    if isinstance(value, Mapping | list):
        return value
    if isinstance(value, tuple):
        fields = getattr(type(value), "_fields", None)
        return dict(zip(fields, value, strict=False)) if fields else value
    if isinstance(value, AbstractSet):
        return _in_order(value)
    if isinstance(value, deque):
        return tuple(value)
    return {name: getattr(value, name, None) for name in value.__dataclass_fields__}


def _in_order(values: AbstractSet[Any]) -> Sequence[Any]:
    """A small set of comparable values always comes in the same order; no other order can be promised."""
    try:
        return sorted(values) if len(values) <= SORTED_LIMIT else tuple(values)
    except TypeError:
        return tuple(values)
