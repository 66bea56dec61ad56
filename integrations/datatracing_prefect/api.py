"""The watcher and the read API inside Prefect's server, under /datatracing.

Whoever may read Prefect's API may read the traces of this Prefect, and no others: Prefect knows one password for
everybody, or none. It guards its own API with it and nothing that is mounted beside, so it is asked for here again.
Workers that cannot reach the store send to the same place with the token.
"""

import base64
import binascii
import hmac
import logging
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from datatracing.access.tokens import shared
from datatracing.access.visibility import Visibility, installation
from datatracing.api.app import create_app
from datatracing.api.reading import Reader
from datatracing.connection.local import LocalConnection
from datatracing.model.token import Scope
from datatracing.settings import Settings
from datatracing_prefect.mapping import ORCHESTRATOR

log = logging.getLogger("datatracing")

PREFIX = "/datatracing"
CHALLENGE = {"WWW-Authenticate": "Basic"}


def mounted(connection: Any, settings: Settings, password: str) -> FastAPI | None:
    """An app of its own; None where this server has no store of its own. `password` is Prefect's `user:password`."""
    if not isinstance(connection, LocalConnection):
        log.info("DataTracing serves nothing from here: the traces are at %s.", connection.url)
        return None
    reader = reader_of(settings.namespace, password)
    # The same token is in every worker's environment, so it is a worker's.
    tokens = shared(settings.token.get_secret_value(), settings.namespace, {Scope.EVENTS})
    return create_app(connection, reader=reader, tokens=tokens)


def reader_of(namespace: str, password: str) -> Reader:
    """A dependency: 401 for whoever does not know the password, if there is one."""
    visibility = installation(namespace, ORCHESTRATOR)

    def reader(request: Request) -> Visibility:
        if password and not knows(request.headers.get("Authorization", ""), password):
            raise HTTPException(401, "Prefect's user and password are needed", CHALLENGE)
        return visibility

    return reader


def knows(authorization: str, password: str) -> bool:
    """Whether the header says the password, as Prefect's own API takes it."""
    scheme, _, given = authorization.partition(" ")
    try:
        said = base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(said, password.encode())
