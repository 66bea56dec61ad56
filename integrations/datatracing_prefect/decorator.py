"""`@traced` above `@flow`."""

from collections.abc import Callable
from typing import Any, TypeVar, overload

from datatracing.capture import guard
from datatracing.errors import BadInputError

F = TypeVar("F")


class NotAFlowError(BadInputError, TypeError):
    """`@traced` was put on something that is no flow."""


@overload
def traced(flow: F, /) -> F: ...
@overload
def traced() -> Callable[[F], F]: ...
def traced(flow: Any = None, /) -> Any:
    """Trace every run of this flow, in whatever process it runs: the same flow, with hooks.

    ::

        @traced
        @flow
        def shop(): ...

    Also as `@traced()`, and for a flow that is there already: `traced(shop.with_options(retries=2))`. NotAFlowError
    when it is below `@flow`, where nothing could be traced; anything else that fails leaves the flow as it is.
    """
    if flow is None:
        return traced
    from prefect.flows import Flow

    if not isinstance(flow, Flow):
        raise NotAFlowError(_advice(flow))
    with guard("prefect.traced"):
        from datatracing_prefect import hooks, tap

        tap.install()
        hooks.attach(flow)
    return flow


def _advice(found: Any) -> str:
    from prefect.tasks import Task

    name = getattr(found, "__name__", None) or getattr(found, "name", None) or type(found).__name__
    if isinstance(found, Task):
        return f"{name} is a task: put @traced above the @flow that calls it, and all of its tasks are traced"
    return f"{name} is not a flow: put @traced above @flow, not below it"
