"""The app: collector and read API over one store."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI
from starlette.responses import Response

from datatracing import __version__
from datatracing.access.tokens import Keyring
from datatracing.api import problems, schemas
from datatracing.api.answers import answer
from datatracing.api.body import BodyLimits
from datatracing.api.ingest import ingest
from datatracing.api.reading import Reader, reading, shape
from datatracing.connection.local import LocalConnection
from datatracing.model.token import Token

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]


def create_app(
    connection: LocalConnection,
    *,
    reader: Reader,
    tokens: Sequence[Token] = (),
    openapi: bool = False,
    lifespan: Lifespan | None = None,
    limits: BodyLimits | None = None,
) -> FastAPI:
    """`reader` is a FastAPI dependency that returns the Visibility of its caller (law 8). `tokens` may send, beside
    those that the store holds. `openapi` publishes /openapi.json; the pages that show it are off: they load scripts
    from elsewhere.
    """
    app = FastAPI(
        title="DataTracing",
        version=__version__,
        openapi_url="/openapi.json" if openapi else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    problems.install(app)
    app.include_router(reading(connection.questions, reader))
    app.include_router(ingest(connection, Keyring(tokens, connection.store.tokens), limits or BodyLimits()))

    @app.get("/healthz", tags=["health"], responses=shape(schemas.HealthShape))
    def healthz() -> Response:
        """Whether the store can be used. The one route that anybody may ask; it tells nothing of what is stored."""
        connection.check()
        return answer({"status": "ok", "version": __version__})

    return app
