"""Where Prefect's engines make a state of an error."""

import functools
import inspect
from typing import Any

from datatracing.capture import guard
from datatracing_prefect.compat.wrapping import Heard, put, wrapped_already

ENDS = {"handle_exception": "FAILED", "handle_crash": "CRASHED"}
"""Methods of Prefect's engines, sync and async, that end a run with an error, and the type of state that they set."""


def tap_engines(heard: Heard) -> None:
    """Call `heard(engine, kind, error)` when an engine could not make a state of an error. Idempotent."""
    for owner in _engines():
        for method, kind in ENDS.items():
            original = getattr(owner, method)
            if not wrapped_already(original):
                wrapped = _ending_later if inspect.iscoroutinefunction(original) else _ending
                put(owner, original, wrapped(original, kind, heard))


def _engines() -> tuple[type, ...]:
    from prefect.flow_engine import AsyncFlowRunEngine, FlowRunEngine
    from prefect.task_engine import AsyncTaskRunEngine, SyncTaskRunEngine

    return FlowRunEngine, AsyncFlowRunEngine, SyncTaskRunEngine, AsyncTaskRunEngine


def _ending(original: Any, kind: str, heard: Heard) -> Any:
    @functools.wraps(original)
    def end(self: Any, error: BaseException, *args: Any, **options: Any) -> Any:
        try:
            return original(self, error, *args, **options)
        except Exception as failure:
            failed = failure
        # Out here the error that is being handled is again the user's.
        with guard("prefect.engine"):
            heard(self, kind, error)
        try:
            raise failed
        finally:
            del failed  # or it and its frames would hold each other

    return end


def _ending_later(original: Any, kind: str, heard: Heard) -> Any:
    @functools.wraps(original)
    async def end(self: Any, error: BaseException, *args: Any, **options: Any) -> Any:
        try:
            return await original(self, error, *args, **options)
        except Exception as failure:
            failed = failure
        with guard("prefect.engine"):
            heard(self, kind, error)
        try:
            raise failed
        finally:
            del failed  # or it and its frames would hold each other

    return end
