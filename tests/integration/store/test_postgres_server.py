"""The tests' own Postgres leaves nothing behind: neither folders nor servers, not even after a crash."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.postgres_server import ROOMS, Server, clear_abandoned, locked

REPOSITORY = Path(__file__).parents[3]

HOLD_A_ROOM = """
from tests.postgres_server import Room, Server
room = Room()
Server(room.path).start(prepare=lambda server: None)
print(room.path, flush=True)
input()
room.leave()
"""


@pytest.fixture
def holder():
    """A process that holds a room with a running server, and its folder."""
    command = [sys.executable, "-c", HOLD_A_ROOM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        yield process, Path(process.stdout.readline().strip())


def clear():
    with locked(ROOMS / "lock"):
        clear_abandoned()


def test_a_room_of_the_living_is_left_alone_and_given_back_by_its_owner(holder):
    process, room = holder
    clear()
    Server(room).connect().close()
    process.communicate("\n", timeout=60)
    assert process.returncode == 0
    assert not room.exists()


def test_a_room_of_the_dead_is_cleared_and_its_server_stopped(holder):
    process, room = holder
    process.kill()
    process.wait()
    with Server(room).connect() as alive:
        [data] = alive.execute("SHOW data_directory").fetchone()
        assert data == str(room / "data")
    clear()
    assert not room.exists()
    with pytest.raises(psycopg.OperationalError):
        Server(room).connect()


def test_every_test_has_a_database_of_its_own(postgres_url, postgres_empty_url):
    tables = "SELECT count(*) FROM pg_class WHERE relname = 'runs'"
    found = [psycopg.connect(url.replace("+psycopg", "")) for url in (postgres_url, postgres_empty_url)]
    assert [connection.execute(tables).fetchone() for connection in found] == [(1,), (0,)]
    for connection in found:
        connection.close()
