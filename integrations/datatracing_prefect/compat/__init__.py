"""The only package that knows of Prefect versions, and of what Prefect does not promise to keep.

Supported: 3.7.7 to 3.9. With any other version nothing of Prefect is wrapped: hooks still tell of flow runs, and
`datatracing prefect watch` of everything.
"""

from dataclasses import dataclass
from typing import Any

SUPPORTED = (3, 7, 7), (3, 10)
"""From the first on, below the second."""


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
    numbers = (part for part in found.split("+", maxsplit=1)[0].split(".")[:3] if part.isdigit())
    return SUPPORTED[0] <= tuple(map(int, numbers)) < SUPPORTED[1]


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
