"""Where a flow is defined."""

import functools
from collections.abc import Callable
from typing import Any

from datatracing.capture import guard
from datatracing_prefect.compat.wrapping import put, wrapped_already


def tap_flows(made: Callable[[Any], None]) -> None:
    """Call `made(flow)` for each flow that is defined from now on. Idempotent."""
    from prefect.flows import Flow

    original = Flow.__init__
    if wrapped_already(original):
        return

    @functools.wraps(original)
    def init(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        with guard("prefect.flow"):
            made(self)

    put(Flow, original, init)
