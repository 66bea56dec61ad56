"""The app that `datatracing serve` runs: tokens send and read, and a thread keeps the store swept."""

import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI

from datatracing.access.tokens import Keyring
from datatracing.access.visibility import EVERYTHING, Visibility, installation
from datatracing.api.app import create_app
from datatracing.api.holders import Credentials, holder_of
from datatracing.connection.local import LocalConnection
from datatracing.model.token import EVERYWHERE, Scope, Token

log = logging.getLogger(__name__)


def standalone(connection: LocalConnection, tokens: Sequence[Token], sweep_seconds: float) -> FastAPI:
    """Whoever has a token with the scope `read` sees everything in its namespace, tasks and texts included."""

    @asynccontextmanager
    async def sweeping(_app: FastAPI) -> AsyncIterator[None]:
        sweeper = Sweeper(connection.sweep, sweep_seconds)
        sweeper.start()
        try:
            yield
        finally:
            sweeper.stop()

    holder = holder_of(Keyring(tokens, connection.store.tokens), Scope.READ)

    def reader(credentials: Credentials) -> Visibility:
        namespace = holder(credentials).namespace
        return EVERYTHING if namespace == EVERYWHERE else installation(namespace)

    return create_app(connection, reader=reader, tokens=tokens, openapi=True, lifespan=sweeping)


class Sweeper:
    """Calls `sweep` again and again. A store that is away is tried again; what failed is counted in `failures`."""

    def __init__(self, sweep: Callable[[], int], pause: float) -> None:
        self.failures = 0
        self._sweep = sweep
        self._pause = pause
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="datatracing-sweep", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the sweep that is under way, which leaves nothing half done."""
        self._stopped.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stopped.wait(self._pause):
            try:
                self._sweep()
            except Exception as error:
                self.failures += 1
                log.warning("the sweep failed and is tried again: %s", error)
