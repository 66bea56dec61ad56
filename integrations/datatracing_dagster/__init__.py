"""DataTracing inside Dagster: the event log is read when a run is over, so nothing is edited inside jobs.

Imported lazily, because a step's process pays for what it uses only.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datatracing_dagster.definitions import trace
    from datatracing_dagster.propagation import propagation_tags, run_request
    from datatracing_dagster.resource import DataTracingResource

_HOMES = {
    "DataTracingResource": "resource",
    "propagation_tags": "propagation",
    "run_request": "propagation",
    "trace": "definitions",
}
__all__ = ["DataTracingResource", "propagation_tags", "run_request", "trace"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"datatracing_dagster.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'datatracing_dagster' has no attribute {name!r}")
