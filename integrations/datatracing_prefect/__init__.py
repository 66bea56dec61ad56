"""DataTracing inside Prefect: `@traced` above `@flow`, and what a task may say about itself.

Imported lazily, because a process pays for what it uses only.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datatracing_prefect.decorator import traced
    from datatracing_prefect.here import headers, record

_HOMES = {"headers": "here", "record": "here", "traced": "decorator"}
__all__ = ["headers", "record", "traced"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"datatracing_prefect.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'datatracing_prefect' has no attribute {name!r}")
