"""How a method of Prefect's is wrapped: once, and so that Prefect hears nothing of it."""

from collections.abc import Callable
from typing import Any

MARK = "__datatracing__"
"""What a wrapped function carries, so that it is not wrapped twice."""
Heard = Callable[..., None]


def wrapped_already(original: Any) -> bool:
    """Whether it is one of ours."""
    return hasattr(original, MARK)


def put(owner: type, original: Any, wrapped: Any) -> None:
    """Take the place of `original` in its class."""
    setattr(wrapped, MARK, True)
    setattr(owner, original.__name__, wrapped)
