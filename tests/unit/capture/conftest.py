"""A store that can be read back, a place that never answers, and processes to kill."""

import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from datatracing.capture import CaptureSettings, Recorder
from datatracing.capture.segment import Segment
from datatracing.model import codec
from datatracing.model.event import Event
from datatracing.model.run import RunRef


class SqliteStore:
    """What has arrived, read back."""

    def __init__(self, path):
        self.path = path
        self.url = f"sqlite:///{path}"

    def rows(self):
        return self._read("SELECT trace_id, producer, seq, n, payload FROM inbox ORDER BY producer, seq, n")

    def events(self):
        """Every event in the inbox, as often as it is there."""
        found = []
        for trace, producer, seq, n, payload in self.rows():
            events = [codec.from_plain(Event, plain) for plain in json.loads(zlib.decompress(payload))]
            assert [(event.trace_id, event.producer) for event in events] == [(trace.hex(), producer)] * n
            assert [event.seq for event in events] == list(range(seq, seq + n))
            found += events
        return found

    def numbers(self):
        """(producer, seq) of every event."""
        return [(event.producer, event.seq) for event in self.events()]

    def losses(self):
        return self._read("SELECT reason, count, lower(hex(trace_id)), producer FROM ledger ORDER BY id")

    def _read(self, query):
        with closing(sqlite3.connect(self.path, timeout=20)) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def store(sqlite_url):
    """A migrated SQLite store."""
    return SqliteStore(Path(sqlite_url.removeprefix("sqlite:///")))


@pytest.fixture
def unborn_store(tmp_path, sqlite_template):
    """A SQLite store that is not there until `create` is called."""
    unborn = SqliteStore(tmp_path / "later.db")
    unborn.create = lambda: shutil.copy(sqlite_template, unborn.path)
    return unborn


@pytest.fixture
def spool_dir(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def settings(spool_dir, store):
    return CaptureSettings(store.url, spool_dir=spool_dir, linger=0.01, retry_limit=0.5)


@pytest.fixture
def recorders():
    """Makes recorders, and closes them."""
    made = []

    def make(settings, **options):
        made.append(Recorder(settings, **options))
        return made[-1]

    yield make
    for recorder in made:
        recorder.close()


@pytest.fixture
def segments():
    """Opens spool files, and lets go of them."""
    made = []

    def make(path):
        made.append(Segment.create(path))
        return made[-1]

    yield make
    for segment in made:
        segment.close()


@pytest.fixture
def run():
    return RunRef("airflow", "default", "etl", "r1")


@pytest.fixture
def black_hole():
    """The address of a server that takes connections and requests, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        held, over = [], threading.Event()
        thread = threading.Thread(target=_swallow, args=(server, held, over))
        thread.start()
        yield _address(server)
        over.set()
        thread.join()
        for connection in held:
            connection.close()


def _address(server):
    return f"127.0.0.1:{server.getsockname()[1]}"


def _swallow(server, held, over):
    server.settimeout(0.05)
    while not over.is_set():
        try:
            held.append(server.accept()[0])
        except TimeoutError:
            continue


class Child:
    """Another Python process that runs a piece of code. `sys.argv` is what it is given."""

    def __init__(self, code, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def says(self):
        """The next line that it prints."""
        return self.process.stdout.readline().strip()

    def tell(self, line):
        """One line on its standard input."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def kill(self):
        """As the kernel does when memory runs out."""
        self.process.send_signal(signal.SIGKILL)
        return self.process.communicate()[0]

    def finishes(self, timeout=60):
        """Everything it prints, once it has ended well."""
        out, err = self.process.communicate(timeout=timeout)
        assert self.process.returncode == 0, err
        return out.strip()


@pytest.fixture
def child():
    """Starts such processes; none outlives the test."""
    made = []

    def start(code, *arguments):
        made.append(Child(code, *arguments))
        return made[-1]

    yield start
    for each in made:
        if each.process.poll() is None:
            each.kill()
        each.process.stdin.close()
        each.process.stdout.close()
        each.process.stderr.close()


@pytest.fixture
def eventually():
    """Waits until a condition holds, and fails when it does not within `timeout` seconds."""

    def wait(condition, timeout=20.0):
        until = time.monotonic() + timeout
        while not (found := condition()):
            assert time.monotonic() < until, f"never: {condition}"
            time.sleep(0.01)
        return found

    return wait


@pytest.fixture
def dripping_server():
    """The address of a server that sends its answer one byte at a time, without end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()
        thread = threading.Thread(target=_drip, args=(server, over))
        thread.start()
        yield _address(server)
        over.set()
        thread.join()


def _drip(server, over):
    connection, _ = server.accept()
    with connection:
        while not over.wait(0.05):
            try:
                connection.send(b"H")
            except OSError:
                return


@pytest.fixture
def closed_port():
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return _address(server)


class CountingServer:
    """Hangs up on everybody, and counts them."""

    def __init__(self, server):
        self.address = _address(server)
        self.connections = 0
        self.over = threading.Event()
        self._server = server

    def serve(self):
        self._server.settimeout(0.05)
        while not self.over.is_set():
            try:
                self._server.accept()[0].close()
            except TimeoutError:
                continue
            self.connections += 1


@pytest.fixture
def counting_server():
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        counting = CountingServer(server)
        thread = threading.Thread(target=counting.serve)
        thread.start()
        yield counting
        counting.over.set()
        thread.join()
