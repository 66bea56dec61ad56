"""The collector and the read API inside Airflow's api-server, under /datatracing.

Reads are for Airflow's own users, each of whom sees of each DAG what Airflow's auth manager lets them see, on every
route. Workers that cannot reach the store send to the same place with the token.

Imports are at the top, and there is no `from __future__ import annotations`: FastAPI looks a dependency's types up
among the module's names, and one it cannot find there becomes a query parameter, without a word and without a check.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.base_user import (  # noqa: TID253  # only an api-server imports this module
    BaseUser,
)
from airflow.api_fastapi.core_api.security import get_user  # noqa: TID253  # same
from fastapi import Depends, FastAPI

from datatracing.access.tokens import shared
from datatracing.access.visibility import Level, Visibility
from datatracing.api.app import create_app
from datatracing.api.reading import Reader
from datatracing.connection.local import LocalConnection
from datatracing.errors import DataTracingError
from datatracing.model.token import Scope
from datatracing_airflow.links import ORCHESTRATOR
from datatracing_airflow.tracer import open_store, tracer
from datatracing_airflow.visibility import OfUser

log = logging.getLogger("datatracing")

PREFIX = "/datatracing"


def mounted() -> list[dict[str, Any]]:
    """As Airflow wants it: one app with its prefix and name; none where this server has no store of its own."""
    traced = tracer()
    if traced is None:
        return []
    try:
        connection = open_store()
    except DataTracingError as error:
        log.warning("DataTracing serves nothing from here: %s", error)
        return []
    if not isinstance(connection, LocalConnection):
        log.info("DataTracing serves nothing from here: the traces are at %s.", connection.url)
        return []
    # The same token is in every worker's environment, so it is a worker's, and the orchestrator's record needs another.
    tokens = shared(traced.settings.token, traced.namespace, {Scope.EVENTS})
    app = create_app(connection, reader=reader_of(traced.namespace), tokens=tokens, lifespan=attended)
    return [{"app": app, "url_prefix": PREFIX, "name": "datatracing"}]


@asynccontextmanager
async def attended(_app: FastAPI) -> AsyncIterator[None]:
    """An api-server has no hook of its own to start with."""
    if traced := tracer():
        traced.attend()
    yield


def reader_of(namespace: str) -> Reader:
    """A dependency: who asks, and what that person may see. It raises 401 for nobody, 403 for a bad token."""

    def reader(user: Annotated[BaseUser, Depends(get_user)]) -> Visibility:
        return OfUser(Level.TEXTS, ORCHESTRATOR, namespace, user=user)

    return reader
