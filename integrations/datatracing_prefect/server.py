"""Prefect's server with DataTracing inside: it is watched from inside, and it serves traces under /datatracing.

    uvicorn --factory datatracing_prefect.server:create_app --port 4200

Everything else is as with `prefect server start`. What fails in DataTracing never stops the server.
"""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.routing import Mount

from datatracing.capture import guard
from datatracing.connection import connect_and_prepare
from datatracing_prefect.api import PREFIX, mounted
from datatracing_prefect.running import Running, running
from datatracing_prefect.subscriber import PAUSES, Hints
from datatracing_prefect.watch_settings import WatchSettings

log = logging.getLogger("datatracing")

NAME = "datatracing"
AGAIN = 30.0
"""Seconds after which a watcher that has failed as a whole begins anew."""


def create_app() -> FastAPI:
    """Prefect's app. A second call in one process gives the same one."""
    from prefect.server.api.server import create_app as create_prefect

    app = create_prefect()
    if not any(getattr(route, "name", "") == NAME for route in app.routes):
        with guard("prefect.server"):
            _furnish(app)
    return app


def _furnish(app: FastAPI) -> None:
    from prefect.settings import PREFECT_SERVER_API_AUTH_STRING

    settings = WatchSettings()
    connection = connect_and_prepare(settings.all)
    ours = mounted(connection, settings.all, PREFECT_SERVER_API_AUTH_STRING.value() or "")
    # Prefect's own UI takes every path, so whatever stands behind it is never reached.
    app.router.routes.insert(_before_ui(app), Mount(PREFIX, ours or FastAPI(openapi_url=None), name=NAME))
    app.router.lifespan_context = _with_watcher(app, settings, connection, app.router.lifespan_context)


def _before_ui(app: FastAPI) -> int:
    catches_all = (n for n, route in enumerate(app.routes) if isinstance(route, Mount) and not route.path)
    return next(catches_all, len(app.routes))


def _with_watcher(
    app: FastAPI,
    settings: WatchSettings,
    connection: Any,
    prefect: Callable[[Any], AbstractAsyncContextManager[Any]],
) -> Callable[[Any], AbstractAsyncContextManager[Any]]:
    @asynccontextmanager
    async def lifespan(asgi: Any) -> AsyncIterator[Any]:
        async with prefect(asgi) as state:
            watcher = asyncio.create_task(_watch(app, settings, connection))
            try:
                yield state
            finally:
                watcher.cancel()
                with suppress(asyncio.CancelledError):
                    await watcher
                with guard("prefect.server"):
                    connection.close()

    return lifespan


async def _watch(app: FastAPI, settings: WatchSettings, connection: Any) -> None:
    """For ever. In this process Prefect's API is a call away, without its password and without a network."""
    from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL

    inside = httpx.ASGITransport(app=_api_of(app), raise_app_exceptions=False)
    while True:
        with guard("prefect.watch"):
            async with httpx.AsyncClient(transport=inside, base_url="http://prefect", headers=_password()) as client:
                where = str(PREFECT_API_DATABASE_CONNECTION_URL.value())
                watcher: Running = running(client, connection, settings, where, _listen)
                await watcher.forever()
        await asyncio.sleep(AGAIN)


def _api_of(app: FastAPI) -> Any:
    """The app that answers Prefect's API; it is mounted at a path that can be configured."""
    return next(route.app for route in app.routes if isinstance(route, Mount) and route.name == "api")


def _password() -> dict[str, str]:
    from prefect.settings import PREFECT_SERVER_API_AUTH_STRING

    known = PREFECT_SERVER_API_AUTH_STRING.value()
    return {"Authorization": f"Basic {base64.b64encode(known.encode()).decode()}"} if known else {}


async def _listen(hints: Hints, connected: Callable[[], None]) -> None:
    """To Prefect's own topic of events, for ever."""
    from prefect.server.utilities.messaging import create_consumer

    async def take(message: Any) -> None:
        with guard("prefect.events"):
            hints.take(json.loads(message.data))

    while True:
        with guard("prefect.events"):
            consumer = create_consumer("events", name=NAME)
            connected()
            try:
                await consumer.run(take)
            finally:
                await consumer.cleanup()
        await asyncio.sleep(PAUSES[-1])
