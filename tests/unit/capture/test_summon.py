"""A missing agent is started, by at most one process a minute and host, and the host does not notice."""

import json
import os
import signal
import time
from dataclasses import replace

import pytest

from datatracing.agent.leases import Lease
from datatracing.capture import CaptureSettings, lease, summon
from datatracing.capture import summon as exported
from datatracing.capture.summon import STARTED, Summoner, start
from datatracing.model.event import EventKind, Statement

assert exported is summon


@pytest.fixture
def stored(spool_dir, tmp_path):
    spool_dir.mkdir(mode=0o700)
    return CaptureSettings(f"sqlite:///{tmp_path / 'x.db'}", spool_dir=spool_dir)


@pytest.fixture
def started(monkeypatch):
    """The commands that would be started."""
    found = []
    import sys

    import datatracing.capture.summon  # noqa: F401  # the name is that of the function too

    monkeypatch.setattr(sys.modules["datatracing.capture.summon"], "start", lambda command, *_: found.append(command))
    return found


def test_one_is_started_where_there_is_none_and_not_again_within_a_minute(stored, started, spool_dir):
    assert summon(stored)
    assert not summon(stored)
    os.utime(spool_dir / STARTED, (time.time() - 61,) * 2)
    assert summon(stored)
    assert len(started) == 2


def test_a_clock_that_was_set_back_does_not_keep_anybody_from_it(stored, started, spool_dir):
    assert summon(stored)
    os.utime(spool_dir / STARTED, (time.time() + 86_400,) * 2)
    assert summon(stored)


def test_none_is_started_where_there_is_one(stored, started, spool_dir):
    held = Lease.take(spool_dir, lease.SHIP)
    assert not summon(stored)
    held.release()
    assert summon(stored)


def test_a_long_lived_host_always_has_one_of_its_own(stored, started, spool_dir):
    held = Lease.take(spool_dir, lease.SHIP)
    assert summon(stored, attend=4711)
    assert summon(stored, attend=4711)
    assert started[0][-2:] == ["--attend", "4711"]
    held.release()


def test_where_there_is_no_store_or_the_process_sends_for_itself_nothing_is_started(stored, started):
    assert not summon(replace(stored, store=""))
    Summoner(replace(stored, ship="self")).look()
    assert started == []


def test_one_process_looks_every_few_seconds_and_not_after_its_close(stored, started, spool_dir):
    summoner = Summoner(stored)
    summoner.look()
    (spool_dir / STARTED).unlink()
    summoner.look()
    assert len(started) == 1, "the second look was too soon"
    again = Summoner(stored)
    again.close()
    again.look()
    assert len(started) == 1


def test_law_1_it_is_never_started_from_an_end_nor_after_close_nor_at_exit(stored, started, recorders, run):
    recorder = recorders(stored)
    recorder.say(Statement(EventKind.ENDED, run))
    recorder.say(Statement(EventKind.NOTED, run))
    assert started == []
    recorder.close()
    recorder.say(Statement(EventKind.STARTED, run))
    assert started == []


@pytest.mark.parametrize("place", ["/proc/spool", "file/spool"])
def test_where_the_directory_cannot_be_used_nothing_is_started_and_nothing_raised(stored, started, tmp_path, place):
    (tmp_path / "file").write_text("")
    Summoner(replace(stored, spool_dir=tmp_path / place)).look()
    assert started == []


@pytest.mark.parametrize("before", [None, 3_600])
def test_of_fifty_processes_at_once_one_starts_it(stored, spool_dir, before):
    """Whether there was an attempt long ago or none at all."""
    if before:
        (spool_dir / STARTED).touch()
        os.utime(spool_dir / STARTED, (time.time() - before,) * 2)
    children = []
    ready, go = os.pipe(), os.pipe()
    for _ in range(50):
        pid = os.fork()
        if not pid:
            os.close(go[1])
            os.read(go[0], 1)
            try:
                import sys

                sys.modules["datatracing.capture.summon"].start = lambda *_: os.write(ready[1], b"x")
                summon(stored)
            finally:
                os._exit(0)
        children.append(pid)
    os.close(go[0])
    os.close(go[1])
    for pid in children:
        os.waitpid(pid, 0)
    os.close(ready[1])
    assert os.read(ready[0], 100) == b"x"
    os.close(ready[0])


SEEN = """
import json, os, signal, sys, threading, time
from pathlib import Path
from datatracing.capture import CaptureSettings
from datatracing.capture.summon import start

how, spool_dir, out = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
seen = []
def handle(*_):
    while True:
        try:
            pid, _status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        seen.append(pid)
if how == "handled":
    signal.signal(signal.SIGCHLD, handle)
if how == "ignored":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
mine = open(spool_dir / "a file of the host")
os.set_inheritable(mine.fileno(), True)
program = "import json, os, sys, time; from pathlib import Path; time.sleep(0.2); " \
    "fds = sorted(os.readlink(each) for each in Path('/proc/self/fd').iterdir() if each.exists()); " \
    "Path(sys.argv[1] + '.draft').write_text(json.dumps([fds, os.getcwd(), os.getppid()])); " \
    "os.replace(sys.argv[1] + '.draft', sys.argv[1])"
settings = CaptureSettings("", spool_dir=spool_dir)
for _ in range(20):
    start([sys.executable, "-c", "pass"], settings)
start([sys.executable, "-c", program, out], settings)
try:
    left = os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    left = None
print(json.dumps([seen, left, Path(f"/proc/self/task/{os.getpid()}/children").read_text(), os.getpid()]))
"""


@pytest.mark.parametrize("how", ["unhandled", "handled", "ignored"])
def test_law_1_the_host_sees_no_child_and_the_agent_has_nothing_of_the_hosts(
    child, spool_dir, tmp_path, how, eventually
):
    spool_dir.mkdir()
    (spool_dir / "a file of the host").write_text("")
    out = tmp_path / "out"
    seen, left, children, host = json.loads(child(SEEN, how, spool_dir, out).finishes())
    assert (seen, left, children) == ([], None, "")
    eventually(out.exists)
    files, directory, parent = json.loads(out.read_text())
    assert [each for each in files if "/dev/null" not in each and "/proc/" not in each] == []
    assert directory == "/", "where nobody but root can put a module in front of ours"
    assert parent != host


def test_a_module_in_the_spool_directory_is_not_taken_for_one_of_pythons(spool_dir, tmp_path, eventually):
    spool_dir.mkdir()
    (spool_dir / "argparse.py").write_text(f"open({str(tmp_path / 'taken')!r}, 'w')")
    import sys

    done = tmp_path / "done"
    start(
        [sys.executable, "-c", f"import argparse; open({str(done)!r}, 'w')"], CaptureSettings("", spool_dir=spool_dir)
    )
    eventually(done.exists)
    assert not (tmp_path / "taken").exists()


def test_an_agent_listens_to_signals_that_its_host_does_not(agents_of, spool_dir, inbox, eventually):
    agents = agents_of(CaptureSettings(inbox.url, spool_dir=spool_dir))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        agent = agents.start("--attend", os.getpid())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    eventually(agents.holder)
    agent.terminate()
    assert agent.wait(20) == 0
