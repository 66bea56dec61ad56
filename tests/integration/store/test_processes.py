"""Many processes over one store: each sealing is alone, and a fork takes no connection with it."""

import subprocess
import sys

import pytest

from datatracing.store.registry import open_store
from datatracing.testing import build

RUN = build.run("r1")

COUNT_UP = """
import sys
from datatracing.store.registry import open_store
from datatracing.testing import build

run, store = build.run("r1"), open_store(sys.argv[1])
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    with store.sealing(run.trace_id) as sealing:
        known = sealing.summary()
        sealing.write(build.sealed(build.summary(run, revision=known.revision + 1 if known else 1)))
store.close()
"""

DIE_INSIDE = """
import os, signal, sys
from datatracing.store.registry import open_store
from datatracing.testing import build

run, store = build.run("r1"), open_store(sys.argv[1])
with store.sealing(run.trace_id) as sealing:
    sealing.write(build.sealed(run))
    os.kill(os.getpid(), signal.SIGKILL)
"""


FORK = """
import os, sys
from pathlib import Path
from datatracing.store.registry import open_store
from datatracing.testing import build

def row(seq):
    return build.row(run, seq)

def files_open():
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [link for link in links if "traces.db" in str(link.readlink())]

run, store = build.run("r1"), open_store(sys.argv[1])
store.append([row(0)])
assert files_open() or "sqlite" not in sys.argv[1]
if (child := os.fork()) == 0:
    os._exit(not eval(sys.argv[2]))
assert os.waitpid(child, 0)[1] == 0
assert store.append([row(1)]) in (0, 1)
store.close()
"""


@pytest.fixture
def store(store_url):
    opened = open_store(store_url)
    yield opened
    opened.close()


def start(program, *arguments):
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_sealings_of_one_trace_in_many_processes_never_overlap(store, store_url):
    workers = [start(COUNT_UP, store_url, "25") for _ in range(3)]
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    assert [worker.communicate(timeout=120)[1] for worker in workers] == [""] * 3
    assert store.run(RUN.trace_id) == build.summary(RUN, revision=75)


def test_a_process_that_dies_inside_a_sealing_leaves_nothing_and_no_lock(store, store_url):
    worker = start(DIE_INSIDE, store_url)
    worker.communicate(timeout=120)
    assert worker.returncode == -9
    assert store.run(RUN.trace_id) is None
    with store.sealing(RUN.trace_id) as sealing:
        sealing.write(build.sealed(RUN))
    assert store.run(RUN.trace_id) == build.summary(RUN)


def forking(check, url):
    """What a process complains about that forks while its store is open, and whose child then makes the check."""
    return start(FORK, url, check).communicate(timeout=120)[1]


def test_a_forked_child_and_its_parent_both_go_on(store, store_url):
    assert forking("store.append([row(1)]) == 1 and len(store.inbox(run.trace_id)) == 2", store_url) == ""
    assert store.append([build.row(RUN, 1), build.row(RUN, 2)]) == 1
    assert len(store.inbox(RUN.trace_id)) == 3


def test_a_forked_child_finds_no_file_open(sqlite_url):
    """SQLite's locks belong to a process: over an inherited descriptor a child would undo its parent's."""
    assert forking("not files_open()", sqlite_url) == ""
    assert "AssertionError" in forking("files_open()", sqlite_url)
