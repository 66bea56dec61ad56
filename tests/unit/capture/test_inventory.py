"""Who asks what waits is told all of it, and also what cannot be read, by whom, and why."""

import os

import pytest

from datatracing.capture import Recorder
from datatracing.capture.inventory import pending, spool_status, waits
from datatracing.capture.progress import Place, write_progress
from datatracing.capture.reading import spool_files
from datatracing.model.event import EventKind, Statement
from tests.capturing import RUN, frame


def said(settings, count, close=True):
    recorder = Recorder(settings)
    for _ in range(count):
        recorder.say(Statement(EventKind.NOTED, RUN))
    if close:
        recorder.close()
    return recorder


def described(spool_dir):
    return [(file.owner, file.events, file.losses, file.damaged) for file in spool_status(spool_dir)]


def test_files_of_the_living_and_the_dead_are_told_apart(silent, spool_dir):
    said(silent, 2)
    living = said(silent, 3, close=False)
    assert sorted(described(spool_dir)) == [("dead", 2, 0, 0), ("live", 3, 0, 0)]
    assert pending(spool_dir, RUN.trace_id) == 5
    assert pending(spool_dir, "ab" * 16) == 0
    assert waits(spool_dir)
    living.close()


def test_what_has_been_sent_does_not_wait(silent, spool_dir):
    living = said(silent, 3, close=False)
    (path,) = spool_files(spool_dir)
    write_progress(spool_dir, {path.name: Place(path.stat().st_size)})
    assert spool_status(spool_dir) == []
    assert not waits(spool_dir)
    living.close()


def test_a_directory_that_is_not_there_has_nothing(spool_dir):
    assert (spool_status(spool_dir), waits(spool_dir), pending(spool_dir, RUN.trace_id)) == ([], False, 0)


def test_losses_and_damages_are_counted(silent, spool_dir):
    from dataclasses import replace

    said(replace(silent, spool_limit=1), 4)
    said(silent, 1)
    (path,) = [path for path in spool_files(spool_dir) if frame(0).encode()[:4] in path.read_bytes()]
    with path.open("ab") as file:
        file.write(b"junk")
    assert sum(losses for _, _, losses, _ in described(spool_dir)) + _reserved(spool_dir) == 4
    assert sum(damaged for *_, damaged in described(spool_dir)) == 1


def _reserved(spool_dir):
    from datatracing.capture.reserve import Reserve

    return sum(sum(each.lost) for each in Reserve(spool_dir).counts())


AS_NOBODY = """
import os, sys
from pathlib import Path
from datatracing.capture.inventory import spool_status, pending
from datatracing.capture.inventory import waits
os.setgid(65534), os.setuid(65534)
try:
    print([(each.owner, each.uid) for each in spool_status(Path(sys.argv[1]))], waits(Path(sys.argv[1])))
except PermissionError as error:
    print(error.strerror)
"""


@pytest.fixture
def open_path(tmp_path):
    """Everybody may come as far as the test's own directory."""
    for each in (tmp_path, *tmp_path.parents):
        if each.owner() == "root" and str(each).startswith("/tmp/"):
            each.chmod(each.stat().st_mode | 0o055)


def test_a_file_of_another_user_is_named_with_its_owner(silent, spool_dir, child, open_path):
    assert os.geteuid() == 0, "these tests become another user"
    said(silent, 2)
    spool_dir.chmod(0o777)
    assert child(AS_NOBODY, spool_dir).finishes() == "[('unreadable', 0)] False"


def test_a_directory_of_another_user_is_no_empty_one(silent, spool_dir, child, open_path):
    said(silent, 2)
    assert "another user" in child(AS_NOBODY, spool_dir).finishes()


def test_asking_disturbs_neither_who_writes_nor_who_ships(silent, spool_dir):
    living = said(silent, 1, close=False)
    before = spool_files(spool_dir)[0].stat()
    for _ in range(50):
        waits(spool_dir)
        spool_status(spool_dir)
    after = spool_files(spool_dir)[0].stat()
    assert (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
    living.say(Statement(EventKind.NOTED, RUN))
    assert pending(spool_dir, RUN.trace_id) == 2
    living.close()
