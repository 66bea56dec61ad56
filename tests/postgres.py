"""Databases for tests: a real Postgres that all processes of a test session share, and SQLite files.

Every test gets a database of its own: a copy of one that was migrated once.
"""

import shutil
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest

from datatracing.store.sql.schema import upgrade
from tests.postgres_server import Room, Server

TEMPLATE = "migrated"
ROOM = pytest.StashKey[Path]()
OWNED = pytest.StashKey[Room]()


def pytest_configure(config):
    """xdist's workers use the room of the process that started them, which is the last one to leave."""
    if hasattr(config, "workerinput"):
        config.stash[ROOM] = Path(config.workerinput["postgres_room"])
        return
    config.stash[OWNED] = Room()
    config.stash[ROOM] = config.stash[OWNED].path


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["postgres_room"] = str(node.config.stash[ROOM])


def pytest_unconfigure(config):
    if OWNED in config.stash:
        config.stash[OWNED].leave()


@pytest.fixture(scope="session")
def postgres_server(pytestconfig):
    server = Server(pytestconfig.stash[ROOM])
    server.start(prepare=_make_template)
    return server


@pytest.fixture
def postgres_url(postgres_server):
    """A migrated database with no rows."""
    with _database(postgres_server, TEMPLATE) as url:
        yield url


@pytest.fixture
def postgres_empty_url(postgres_server):
    """A database without tables."""
    with _database(postgres_server, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path):
    """A migrated file with no rows."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'traces.db')}"


@pytest.fixture
def sqlite_empty_url(tmp_path):
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request):
    """A migrated database with no rows, of each kind in turn."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=["sqlite", "postgres"])
def empty_store_url(request):
    """A database without tables, of each kind in turn."""
    return request.getfixturevalue(f"{request.param}_empty_url")


@contextmanager
def _database(server, template):
    name = f"test_{uuid.uuid4().hex[:12]}"
    with server.connect() as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield server.url(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _make_template(server):
    with server.connect() as admin:
        admin.execute(f"CREATE DATABASE {TEMPLATE}")
    upgrade(server.url(TEMPLATE))
