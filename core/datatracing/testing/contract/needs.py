"""What a test of the contract asks of an adapter beyond the ordinary."""

from collections.abc import Callable
from typing import Any, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])


def needs(*abilities: str) -> Callable[[Test], Test]:
    """Mark a test that only an adapter with these abilities can pass."""

    def mark(test: Test) -> Test:
        setattr(test, "needs", frozenset(abilities))  # noqa: B010 - a function type has no such attribute to assign to
        return test

    return mark


def needed(test: Any) -> frozenset[str]:
    """The abilities that the test was marked with."""
    found: frozenset[str] = getattr(test, "needs", frozenset())
    return found
