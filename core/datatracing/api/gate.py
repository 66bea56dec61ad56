"""How many bodies a server works on at once, and on whose threads: not on those that its other routes need."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException

from datatracing.api.body import CLOSE, Body, BodyLimits, read_body

BUSY = "this collector is busy: send the same again"


class Gate:
    """For one app. Its loop alone counts, so that nothing has to be locked."""

    def __init__(self, limits: BodyLimits) -> None:
        self.limits = limits
        self._inside = 0
        self._threads = ThreadPoolExecutor(limits.working, thread_name_prefix="datatracing-door")

    async def taken(self, request: Request, take: Callable[[Body], Any]) -> Any:
        """What `take` makes of the request's body. Answers 503 where too many are here already."""
        if self._inside >= self.limits.at_once:
            raise HTTPException(503, BUSY, {"Retry-After": "1", **CLOSE})
        self._inside += 1
        try:
            body = await read_body(request, self.limits)
            return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: take(body.check()))
        finally:
            self._inside -= 1
