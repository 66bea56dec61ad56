"""Where a process asks Prefect's server for runs, and tells it of their states."""

import functools
import inspect
from collections.abc import Iterator
from typing import Any

from datatracing.capture import guard
from datatracing_prefect.compat.wrapping import Heard, put, wrapped_already

CALLS = (
    "set_flow_run_state",
    "resume_flow_run",
    "create_flow_run",
    "create_flow_run_from_deployment",
    "create_task_run",
    "read_flow_run",
    "read_deployment_by_name",
)
"""Methods of Prefect's client, sync and async, whose answers tell of flow runs."""


def tap_client(heard: Heard) -> None:
    """Call `heard(method, arguments, answer)` when a client's method in CALLS has been answered. Idempotent."""
    for owner, method in _methods():
        original = getattr(owner, method)
        if not wrapped_already(original):
            wrapped = (
                _asynchronous(original, heard) if inspect.iscoroutinefunction(original) else _plain(original, heard)
            )
            put(owner, original, wrapped)


def _methods() -> Iterator[tuple[type, str]]:
    from prefect.client.orchestration import PrefectClient, SyncPrefectClient

    for client in (PrefectClient, SyncPrefectClient):
        yield from ((client, name) for name in CALLS)


def _plain(original: Any, heard: Heard) -> Any:
    @functools.wraps(original)
    def call(self: Any, *args: Any, **options: Any) -> Any:
        answer = original(self, *args, **options)
        with guard("prefect.client"):
            heard(original.__name__, _arguments(original, self, args, options), answer)
        return answer

    return call


def _asynchronous(original: Any, heard: Heard) -> Any:
    @functools.wraps(original)
    async def call(self: Any, *args: Any, **options: Any) -> Any:
        answer = await original(self, *args, **options)
        with guard("prefect.client"):
            heard(original.__name__, _arguments(original, self, args, options), answer)
        return answer

    return call


def _arguments(original: Any, client: Any, args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    return inspect.signature(original).bind(client, *args, **options).arguments if args else options
