"""A real server on a free port over a store, and a client for it."""

import socket
import threading
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from datatracing.access.tokens import shared
from datatracing.api.standalone import standalone
from datatracing.connection import connect
from datatracing.model.token import Scope

TOKEN = "a-token-of-the-tests"


@contextmanager
def served(app):
    """The app behind a port, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture
def url(sqlite_url):
    """A database of the test's own; modules whose tests depend on its kind ask for both."""
    return sqlite_url


@pytest.fixture
def store(url):
    """The connection that the server has."""
    connection = connect(url)
    yield connection
    connection.close()


@pytest.fixture
def address(store):
    """Where `datatracing serve`'s app listens."""
    with served(standalone(store, shared(TOKEN, "default", Scope), 0.1)) as url:
        yield url


@pytest.fixture
def api(address):
    """A client that has the token."""
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20) as client:
        yield client


@pytest.fixture
def anybody(address):
    """A client that has none."""
    with httpx.Client(base_url=address, timeout=20) as client:
        yield client
