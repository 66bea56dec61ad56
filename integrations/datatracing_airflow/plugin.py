"""What Airflow finds by the entry point `airflow.plugins`. Loaded in every Airflow process, so nothing is made here
before it is asked for, and nothing is imported that only one kind of process needs."""

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin  # noqa: TID253  # only Airflow imports this module

from datatracing.capture import guard

if TYPE_CHECKING:
    from datatracing_airflow.listener import Listener


@lru_cache(maxsize=1)
def _listener() -> "Listener | None":
    """One for the whole process: Airflow's core and its task SDK each make a plugin of their own."""
    from datatracing_airflow import listener
    from datatracing_airflow.attendance import plays_runs
    from datatracing_airflow.tracer import tracer

    made = tracer()
    if made is None:
        return None
    if plays_runs():
        made.attend()
    return listener.Listener(made)


class DataTracingPlugin(AirflowPlugin):
    """Inert unless a store is configured."""

    name = "datatracing"

    @cached_property
    def listeners(self) -> "list[Listener]":  # type: ignore[override]  # Airflow only reads it, on the instance
        """None, or one."""
        with guard("airflow.plugin"):
            only = _listener()
            return [] if only is None else [only]
        return []

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]  # same
        """Only the api-server asks."""
        with guard("airflow.api"):
            from datatracing_airflow.api import mounted

            return mounted()
        return []
