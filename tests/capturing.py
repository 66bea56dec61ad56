"""For tests of capture and the agent: what is in a spool or a store, other processes, and servers that misbehave."""

import json
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
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from datatracing.capture import CaptureSettings, Recorder, lease, page
from datatracing.capture.frame import Frame, Kind
from datatracing.capture.reading import losses_of, read, spool_files
from datatracing.model import codec
from datatracing.model.event import Event
from datatracing.model.run import RunRef

RUN = RunRef("airflow", "default", "etl", "r1")
PRODUCER = "0123456789abcdef"
unhurried = hypothesis_settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
"""Properties are no stop watches, and a machine may have other things to do."""


def frame(seq, json=b"{}", trace_id=RUN.trace_id, producer=PRODUCER, kind=Kind.EVENT):
    return Frame(kind, trace_id, producer, seq, json)


def file_of(*written, counts=None):
    """A spool file as a process leaves it: each event counted, unless it is told what was counted."""
    slots = {}
    for each in written:
        if each.kind is Kind.EVENT:
            key = each.trace_id, each.producer
            slots.setdefault(key, page.Count(*key, 1_000)).add(each.seq)
    data = bytearray(page.Head(1, 2, 3).encode())
    for number, count in enumerate(slots.values() if counts is None else counts):
        data[page.place(number) : page.place(number + 1)] = count.encode()
    return bytes(data) + b"".join(each.encode() for each in written)


def in_files(spool_dir):
    """Every event that is in the files of a directory."""
    found = (each for path in spool_files(spool_dir) for each in read(path.read_bytes()).frames)
    return [codec.loads(Event, each.json) for each in found if each.kind is Kind.EVENT]


def lost_in(spool_dir):
    """How many events the files of a directory miss, by run and reason; nobody may append to them any more."""
    found = Counter()
    for path in spool_files(spool_dir):
        for entry in losses_of(read(path.read_bytes())):
            found[entry.trace_id, entry.reason] += entry.count
    return found


class SqliteStore:
    """What has arrived, read back."""

    def __init__(self, path):
        self.path = path
        self.url = f"sqlite:///{path}"

    def events(self):
        """Every event in the inbox, as often as it is there."""
        found = []
        for trace, producer, seq, n, payload in self._read(
            "SELECT trace_id, producer, seq, n, payload FROM inbox WHERE content = 0 ORDER BY producer, seq, n"
        ):
            events = [codec.from_plain(Event, plain) for plain in json.loads(zlib.decompress(payload))]
            assert [(event.trace_id, event.producer) for event in events] == [(trace.hex(), producer)] * n
            assert [event.seq for event in events] == list(range(seq, seq + n))
            found += events
        return found

    def numbers(self):
        """(producer, seq) of every event."""
        return [(event.producer, event.seq) for event in self.events()]

    def manifests(self):
        """How many are in the inbox."""
        return self._read("SELECT count(*) FROM inbox WHERE content = 1")[0][0]

    def losses(self):
        return self._read("SELECT reason, count, lower(hex(trace_id)), producer FROM ledger ORDER BY id")

    def _read(self, query):
        with closing(sqlite3.connect(self.path, timeout=20)) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def inbox(sqlite_url):
    """A migrated SQLite store."""
    return SqliteStore(Path(sqlite_url.removeprefix("sqlite:///")))


@pytest.fixture
def spool_dir(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def silent(spool_dir):
    """Settings without a store: nothing is started, everything stays in the spool."""
    return CaptureSettings("", spool_dir=spool_dir)


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
def run():
    return RUN


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

    def wait(condition, timeout=90.0):
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


class Agents:
    """Agents as hosts start them; none outlives the test."""

    def __init__(self, settings):
        self.settings = settings
        self.started = []

    def start(self, *words, **variables):
        environ = {**os.environ, **self.settings.environ(), **variables}
        command = [sys.executable, "-m", "datatracing.agent", *map(str, words)]
        self.started.append(subprocess.Popen(command, env=environ, cwd="/"))
        return self.started[-1]

    def holder(self, duty=lease.SHIP):
        """The process id of the agent that has the duty; None while nobody has it."""
        return (lease.holder(self.settings.spool_dir, duty) or {}).get("pid")

    def end(self):
        for each in self.started:
            each.kill()
            each.wait()


@pytest.fixture
def agents_of():
    """Starts agents for some settings."""
    made = []

    def make(settings):
        made.append(Agents(settings))
        return made[-1]

    yield make
    for each in made:
        each.end()


def the_rest():
    """Wait for what a catch-up has left to be done behind its caller's back."""
    for thread in threading.enumerate():
        if thread.name == "datatracing-ship":
            thread.join(60)


def end_detached(spool_dir):
    """An agent that was started on demand is nobody's child: end whatever was given this spool directory."""
    given = f"DATATRACING_SPOOL_DIR={spool_dir}".encode()
    for each in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if given in each.read_bytes().split(b"\0"):
                os.kill(int(each.parent.name), signal.SIGKILL)
