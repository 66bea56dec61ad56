"""`serve`: collector and read API as one server."""

import ipaddress
import logging
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from datatracing.access.tokens import fresh_token, shared
from datatracing.cli.connecting import Store
from datatracing.context.address import is_file
from datatracing.errors import BadInputError, DataTracingError
from datatracing.model.token import EVERYWHERE, Scope

if TYPE_CHECKING:
    from fastapi import FastAPI

    from datatracing.connection.local import LocalConnection

LOG_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65_535)] = 8765,
    *,
    store: Store = "",
) -> None:
    """Take events in and answer /api/v1, for holders of a token: see `datatracing tokens`.

    DATATRACING_TOKEN, where it is set, is one more: it may do everything in this server's own namespace. Without any
    token a new one is made and shown, but only on an address that no other machine reaches.
    """
    from datatracing.api.standalone import standalone
    from datatracing.settings import Settings

    settings = Settings()
    connection = _opened(store)
    try:
        connection.check()
        tokens = shared(settings.token.get_secret_value(), settings.namespace, Scope)
        session = "" if tokens or connection.store.tokens() else _token_of_this_session(host)
        with _listening(host, port) as listening:
            address = f"http://{_bracketed(host)}:{listening.getsockname()[1]}"
            typer.echo(f"DataTracing listens on {address}, store {connection.url}", err=True)
            if session:
                tokens = shared(session, EVERYWHERE, Scope)
                typer.echo(f"export DATATRACING_STORE={address} DATATRACING_TOKEN={session}", err=True)
            _run(standalone(connection, tokens, settings.sweep_seconds), listening)
    finally:
        connection.close()


def _token_of_this_session(host: str) -> str:
    """Never no token at all: any page in a browser on this machine can reach a server on this machine."""
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here:
        raise BadInputError(
            f"other machines reach {host}: make a token first (datatracing tokens create), or set "
            "DATATRACING_TOKEN to a long random text"
        )
    return fresh_token()


def _opened(store: str) -> "LocalConnection":
    """A SQLite file has no administrator, so its tables are made here; those of a server are for `db upgrade`."""
    from datatracing.connection import connect
    from datatracing.connection.local import LocalConnection
    from datatracing.settings import Settings

    url = store or Settings().store
    connection = connect(url, migrate=is_file(url))
    if not isinstance(connection, LocalConnection):
        raise BadInputError("a collector needs a store of its own: give a sqlite or postgresql URL")
    return connection


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise DataTracingError(f"cannot listen on {host} port {port}: {error.strerror or error}") from error


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _run(app: "FastAPI", listening: socket.socket) -> None:
    """Until SIGINT or SIGTERM; requests that are under way are answered first."""
    import uvicorn

    logging.basicConfig(level=logging.INFO, format=LOG_LINE)
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=10
    )
    uvicorn.Server(config).run(sockets=[listening])
