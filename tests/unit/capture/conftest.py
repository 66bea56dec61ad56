"""A store with the two tables that capture writes, a place that never answers, and processes to kill."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import zlib
from pathlib import Path

import pytest

from datatracing.capture import CaptureSettings, Recorder
from datatracing.capture.segment import Segment
from datatracing.model import codec
from datatracing.model.event import Event
from datatracing.model.run import RunRef

TABLES = """
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY, trace_id BLOB NOT NULL, producer TEXT NOT NULL, seq INTEGER NOT NULL,
    content INTEGER NOT NULL, n INTEGER NOT NULL, payload BLOB NOT NULL, received_at INTEGER NOT NULL,
    UNIQUE (trace_id, producer, seq)
);
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY, fate TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL, at INTEGER NOT NULL,
    trace_id BLOB, producer TEXT NOT NULL
);
"""


class SqliteStore:
    """What has arrived, read back."""

    def __init__(self, path):
        self.path = path
        self.url = f"sqlite:///{path}"

    def create(self):
        with self._open() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(TABLES)
        return self

    def rows(self):
        return self._read("SELECT trace_id, producer, seq, n, payload FROM inbox ORDER BY producer, seq")

    def events(self):
        """Every event in the inbox, as often as it is there."""
        found = []
        for trace, _, _, n, payload in self.rows():
            events = [codec.from_plain(Event, plain) for plain in codec.json.loads(zlib.decompress(payload))]
            assert [event.trace_id for event in events] == [trace.hex()] * n
            found += events
        return found

    def numbers(self):
        """(producer, seq) of every event."""
        return [(event.producer, event.seq) for event in self.events()]

    def losses(self):
        return self._read("SELECT reason, count, lower(hex(trace_id)), producer FROM ledger ORDER BY id")

    def _read(self, query):
        with self._open() as connection:
            return connection.execute(query).fetchall()

    def _open(self):
        return _Closing(sqlite3.connect(self.path, timeout=20))


class _Closing:
    def __init__(self, connection):
        self.connection = connection

    def __enter__(self):
        return self.connection

    def __exit__(self, *_):
        self.connection.commit()
        self.connection.close()


@pytest.fixture
def store(tmp_path):
    """A migrated SQLite store."""
    return SqliteStore(tmp_path / "traces.db").create()


@pytest.fixture
def unborn_store(tmp_path):
    """A SQLite store that nobody has created yet: it is down until its `create` is called."""
    return SqliteStore(tmp_path / "traces.db")


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
        yield "127.0.0.1:%d" % server.getsockname()[1]
        over.set()
        thread.join()
        for connection in held:
            connection.close()


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
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def says(self):
        """The next line that it prints."""
        return self.process.stdout.readline().strip()

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
def unprivileged():
    """Arguments for a child that must be refused by file permissions, which root is not."""
    return 65534 if os.geteuid() == 0 else os.geteuid()


@pytest.fixture
def open_tmp(tmp_path):
    """A directory that another user can reach too."""
    for directory in (tmp_path, *tmp_path.parents):
        if directory == Path(tmp_path.anchor) or directory.stat().st_uid != os.geteuid():
            break
    return tmp_path
