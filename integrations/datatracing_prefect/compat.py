"""The only file that knows of Prefect versions, and of what Prefect does not promise to keep.

Supported: 3.7.7 to 3.9. With any other version nothing of Prefect is wrapped: hooks still tell of flow runs, and
`datatracing prefect watch` of everything.
"""

import functools
import inspect
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from datatracing.capture import guard

log = logging.getLogger("datatracing")

SUPPORTED = (3, 7, 7), (3, 10)
"""From the first on, below the second."""
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
ENDS = {"handle_exception": "FAILED", "handle_crash": "CRASHED"}
"""Methods of Prefect's engines, sync and async, that end a run with an error, and the type of state that they set."""
MARK = "__datatracing__"
"""What a wrapped function carries, so that it is not wrapped twice."""
Heard = Callable[..., None]


@dataclass(frozen=True)
class Here:
    """The run that a thread or coroutine is executing. `flow` and `flow_run` belong together; each may be None."""

    flow: Any = None
    flow_run: Any = None
    task_run: Any = None


def version() -> str:
    """Of the Prefect that is installed."""
    import prefect

    return str(prefect.__version__)


def supported(found: str) -> bool:
    """Whether this version's inner parts are known."""
    return SUPPORTED[0] <= numbers(found) < SUPPORTED[1]


def numbers(found: str) -> tuple[int, ...]:
    """At most three; what is behind them (rc1, dev0) does not count."""
    return tuple(int(part) for part in found.split("+", maxsplit=1)[0].split(".")[:3] if part.isdigit())


def here() -> Here:
    """What Prefect's contexts say."""
    from prefect.context import FlowRunContext, TaskRunContext

    flow, task = FlowRunContext.get(), TaskRunContext.get()
    return Here(
        flow.flow if flow is not None else None,
        flow.flow_run if flow is not None else None,
        task.task_run if task is not None else None,
    )


def runs_elsewhere(flow: Any) -> bool:
    """Whether a flow's tasks run where this process hears nothing of them: in Dask, Ray, or task workers."""
    from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

    return not isinstance(flow.task_runner, (ThreadPoolTaskRunner, ProcessPoolTaskRunner))


def forwards(worker: Any) -> bool:
    """Whether a worker for events hands them to the worker of the parent process, where they are heard again."""
    from prefect.events.worker import ProcessPoolForwardingEventsClient

    return worker.client_type is ProcessPoolForwardingEventsClient


def tap_events(heard: Heard) -> None:
    """Call `heard(worker, event)` before an event is sent. Idempotent."""
    from prefect.events.worker import EventsWorker

    original = EventsWorker.send
    if hasattr(original, MARK):
        return

    @functools.wraps(original)
    def send(self: Any, event: Any) -> Any:
        with guard("prefect.event"):
            heard(self, event)
        return original(self, event)

    _put(EventsWorker, original, send)


def tap_client(heard: Heard) -> None:
    """Call `heard(method, arguments, answer)` when a client's method in CALLS has been answered. Idempotent."""
    for owner, method in _methods():
        original = getattr(owner, method)
        if not hasattr(original, MARK):
            wrapped = (
                _asynchronous(original, heard) if inspect.iscoroutinefunction(original) else _plain(original, heard)
            )
            _put(owner, original, wrapped)


def tap_flows(made: Callable[[Any], None]) -> None:
    """Call `made(flow)` for each flow that is defined from now on. Idempotent."""
    from prefect.flows import Flow

    original = Flow.__init__
    if hasattr(original, MARK):
        return

    @functools.wraps(original)
    def init(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        with guard("prefect.flow"):
            made(self)

    _put(Flow, original, init)


def tap_engines(heard: Heard) -> None:
    """Call `heard(engine, kind, error)` when an engine could not make a state of an error. Idempotent."""
    for owner in _engines():
        for method, kind in ENDS.items():
            original = getattr(owner, method)
            if not hasattr(original, MARK):
                wrapped = _ending_later if inspect.iscoroutinefunction(original) else _ending
                _put(owner, original, wrapped(original, kind, heard))


def _put(owner: type, original: Any, wrapped: Any) -> None:
    setattr(wrapped, MARK, True)
    setattr(owner, original.__name__, wrapped)


def _methods() -> Iterator[tuple[type, str]]:
    from prefect.client.orchestration import PrefectClient, SyncPrefectClient

    for client in (PrefectClient, SyncPrefectClient):
        yield from ((client, name) for name in CALLS)


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
