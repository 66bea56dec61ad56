"""What a test of the contract asks of an adapter beyond the least."""

from collections.abc import Callable
from typing import Any, TypeVar

from datatracing.store.port import EVERY, Can

Marked = TypeVar("Marked")
SHARE = "share"
"""A second opening of the same place sees what the first one wrote."""


def needs(ability: Can | str) -> Callable[[Marked], Marked]:
    """Mark a test, or each test of a class, that only an adapter with this ability can pass."""

    def mark(marked: Marked) -> Marked:
        tests = [vars(marked)[name] for name in vars(marked) if name.startswith("test_")] or [marked]
        for test in tests:
            setattr(test, "needs", needed(test) | {ability})  # noqa: B010 - a function type has no such attribute to assign to
        return marked

    return mark


def needed(test: Any) -> frozenset[Can | str]:
    """The abilities that the test was marked with."""
    found: frozenset[Can | str] = getattr(test, "needs", frozenset())
    return found


def lacking(can: Can) -> frozenset[Can]:
    """What this reader cannot do."""
    return frozenset(each for each in Can if each in EVERY and each not in can)
