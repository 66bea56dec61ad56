"""A poller with all that it needs: Prefect's client, the store, the cursor, and somebody who listens to events."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from datatracing.hosting.tick import TickResult
from datatracing_prefect.cursors import Cursor
from datatracing_prefect.poller import Poller
from datatracing_prefect.rest import Rest
from datatracing_prefect.subscriber import Hints, Subscriber
from datatracing_prefect.watch_settings import WatchSettings

if TYPE_CHECKING:
    from datatracing.connection import Connection

Listening = Callable[[Hints, Callable[[], None]], Coroutine[Any, Any, None]]
"""Gives events to the hints for ever, and calls the other function whenever they begin to come (again)."""


class Running:
    """One poller at work."""

    def __init__(self, poller: Poller, listening: Listening) -> None:
        self.poller = poller
        self._listening = listening

    async def catch_up(self) -> TickResult:
        """Everything that has ended by now. StoreUnreachableError, PrefectUnreachableError."""
        return await self.poller.tick()

    async def forever(self) -> None:
        """Until it is cancelled."""
        hints = Hints(self.poller.heed)
        listener = asyncio.create_task(self._listening(hints, self.poller.look_soon))
        try:
            await self.poller.run()
        finally:
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener


@asynccontextmanager
async def watching(settings: WatchSettings) -> AsyncIterator[Running]:
    """From the server at PREFECT_API_URL into the configured store."""
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL

    from datatracing.connection import connect_and_prepare

    async with get_client() as client:
        with_store = connect_and_prepare(settings.all)
        try:
            yield running(client, with_store, settings, str(PREFECT_API_URL.value()), listen)
        finally:
            with_store.close()


def running(
    client: Any, connection: "Connection", settings: WatchSettings, server: str, listening: Listening
) -> Running:
    """`client` is Prefect's, or one of httpx for its API; `server` tells Prefects apart."""
    cursor = Cursor.of(settings.all.spool_dir, server, settings.all.namespace, settings.all.store)
    return Running(Poller(Rest(client), connection, settings, cursor), listening)


async def listen(hints: Hints, connected: Callable[[], None]) -> None:
    """Over a websocket."""
    await Subscriber(hints, connected).run()
