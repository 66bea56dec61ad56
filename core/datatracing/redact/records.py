"""Whole records: every field that can hold a text is masked, whoever adds it later.

What a field is follows from its type. A text is masked as free text unless it is named here, with the reason.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Record = TypeVar("Record")
Mask = Callable[[Any], Any]

NAMES = frozenset(
    {"pipeline", "run_id", "task", "map_key", "operation", "upstream", "downstream", "upstream_key"}
    | {"downstream_key", "aliases", "records", "producer"}
)
"""What tells runs, instances and producers apart: veiled, so that ids and edges still agree (docs/adr/0011)."""
AS_THEY_ARE: Mapping[str, str] = {
    "orchestrator": "one of the words in model.run.ORCHESTRATORS, or the word for a caller from elsewhere",
    "namespace": "set by the operator; a token is bound to it",
    "trace_id": "computed by model.ids, 32 hex digits",
}
"""Texts that stay, and why no user's text can stand in them."""
SHORT = frozenset({"type", "raw_state", "reporter"})
LONG = frozenset({"message", "stacktrace", "reason"})
"""The others take a value's bytes."""
_PLAIN = (int, float, bool, type(None), Enum)


class Records:
    """Masks records by a plan per class, made when the first of that class comes."""

    def __init__(self, *, name: Mask, short: Mask, value: Mask, long: Mask, attributes: Mask) -> None:
        self._name, self._short, self._value, self._long = name, short, value, long
        self._attributes = attributes
        self._plans: dict[type, tuple[tuple[str, Mask], ...]] = {}

    def masked(self, record: Record) -> Record:
        """The same record without its secrets; the same object when it held none."""
        plan = self._plans.get(type(record))
        if plan is None:
            plan = self._planned(type(record))
        changed = {}
        for field, mask in plan:
            given = getattr(record, field)
            if given and (made := mask(given)) is not given and made != given:
                changed[field] = made
        return _replace(record, changed) if changed else record

    def _planned(self, cls: type) -> tuple[tuple[str, Mask], ...]:
        hints = get_type_hints(cls)
        masks = ((field, self._mask(field, hints[field])) for field in getattr(cls, "__dataclass_fields__", ()))
        plan = tuple((field, mask) for field, mask in masks if mask)
        self._plans[cls] = plan
        return plan

    def _mask(self, field: str, hint: Any) -> Mask | None:
        """How a field of this type is masked; None where no text can stand in it. TypeError for a type nobody knows."""
        origin, args = get_origin(hint), [arg for arg in get_args(hint) if arg not in {type(None), Ellipsis}]
        if hint is str:
            return self._text(field)
        if origin is Mapping:
            return self._attributes
        if origin is tuple:
            return _each(self._mask(field, args[0]))
        if len(args) == 1:  # of an optional field
            return self._mask(field, args[0])
        if isinstance(hint, type) and hasattr(hint, "__dataclass_fields__"):
            return self.masked if self._planned(hint) else None
        if isinstance(hint, type) and issubclass(hint, _PLAIN):
            return None
        raise TypeError(f"redaction does not know what {field}: {hint} may hold")

    def _text(self, field: str) -> Mask | None:
        if field in AS_THEY_ARE:
            return None
        if field in NAMES:
            return self._name
        return self._short if field in SHORT else self._long if field in LONG else self._value


def _each(mask: Mask | None) -> Mask | None:
    """Of all entries of a tuple, which stays the same object when nothing in it changed."""
    if mask is None:
        return None

    def masked(given: tuple[Any, ...]) -> tuple[Any, ...]:
        made = tuple(map(mask, given))
        return given if all(one is other for one, other in zip(made, given, strict=True)) else made

    return masked


def _replace(record: Record, changed: dict[str, Any]) -> Record:
    from dataclasses import replace  # 7 ms at import, which whoever made the record has paid already

    return replace(record, **changed)  # type: ignore[type-var]  # a plan is only made of dataclasses
