"""One complete, explained trace for every Airflow, Dagster and Prefect run.

Nothing heavy is imported here: this module is loaded in every task process.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datatracing.connection import Connection, connect

__version__ = "0.1.0"
__all__ = ["Connection", "__version__", "connect"]


def __getattr__(name: str) -> Any:
    if name in {"Connection", "connect"}:
        from datatracing import connection

        return getattr(connection, name)
    raise AttributeError(f"module 'datatracing' has no attribute {name!r}")
