"""The files of one process: what is told is counted first, then appended, whatever happens to the files meanwhile."""

import json
import os
import random
import resource
import shutil
import signal
import stat
import threading
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from datatracing.capture import page
from datatracing.capture.frame import Kind
from datatracing.capture.loss import Loss
from datatracing.capture.page import NAMED
from datatracing.capture.reading import losses_of, read, spool_files
from datatracing.capture.reserve import Reserve
from datatracing.capture.segment import LIMIT, lock
from datatracing.capture.spool import Spool
from tests.capturing import PRODUCER, RUN, frame, lost_in

ROOM = 1 << 30


@pytest.fixture
def spools(spool_dir):
    """Makes the spools of several processes of one directory, and closes them."""
    made = []

    def make(limit=ROOM):
        made.append(Spool(spool_dir, limit))
        return made[-1]

    yield make
    for each in made:
        each.close()


def numbers(spool_dir):
    return sorted(each.seq for path in spool_files(spool_dir) for each in read(path.read_bytes()).frames)


def files(spool_dir):
    return len(spool_files(spool_dir))


def free(path):
    """Whether the agent could take the file."""
    with path.open("rb") as opened:
        return lock(opened.fileno())


def test_files_are_private_to_the_user(spools, spool_dir):
    spools().put(frame(0))
    assert stat.S_IMODE(spool_dir.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in spool_dir.iterdir()} == {0o600}


def test_a_file_is_owned_while_its_process_may_append_and_free_afterwards(spools, spool_dir):
    spool = spools()
    spool.put(frame(0))
    (path,) = spool_files(spool_dir)
    assert not free(path)
    spool.close()
    assert free(path)
    assert path.stat().st_size == page.SIZE + len(frame(0).encode()), "what was reserved is given back"


def test_a_process_that_says_nothing_leaves_nothing(spools, spool_dir):
    spools().close()
    assert not spool_dir.exists()


def test_after_close_another_file_is_begun(spools, spool_dir):
    spool = spools()
    for seq in range(3):
        spool.put(frame(seq))
        spool.close()
    assert (files(spool_dir), numbers(spool_dir)) == (3, [0, 1, 2])


def test_a_file_ends_at_four_megabytes(spools, spool_dir):
    spool = spools()
    for seq in range(20):
        spool.put(frame(seq, b"x" * (LIMIT // 8)))
    assert numbers(spool_dir) == list(range(20))
    assert files(spool_dir) == 3
    assert all(path.stat().st_size <= LIMIT for path in spool_files(spool_dir))


def test_a_frame_larger_than_a_file_has_one_of_its_own(spools, spool_dir):
    spool = spools()
    for seq, size in enumerate((10, LIMIT + 1, 10)):
        spool.put(frame(seq, b"x" * size))
    assert numbers(spool_dir) == [0, 1, 2]


def test_a_page_that_is_full_of_runs_makes_another_file(spools, spool_dir):
    spool = spools()
    runs = [f"{n:032x}" for n in range(1, 2 * NAMED + 10)]
    for trace_id in [*runs, *runs]:
        spool.put(frame(0, trace_id=trace_id))
    spool.close()
    assert len(numbers(spool_dir)) == 2 * len(runs)
    assert not lost_in(spool_dir)
    named = {each.trace_id for path in spool_files(spool_dir) for each in page.counts(path.read_bytes())}
    assert named == set(runs)


def test_law_6_what_is_told_is_counted_on_the_disk_before_it_is_written(spools, spool_dir, monkeypatch):
    spool = spools()
    spool.put(frame(0))
    (path,) = spool_files(spool_dir)
    counted = []
    written = os.pwrite

    def watched(descriptor, data, at):
        if at >= page.SIZE:
            counted.append(next(page.counts(path.read_bytes())).emitted)
        return written(descriptor, data, at)

    monkeypatch.setattr(os, "pwrite", watched)
    spool.put(frame(1))
    assert counted == [2]


def test_the_file_that_was_deleted_is_followed_by_another(spools, spool_dir):
    spool = spools()
    spool.put(frame(0))
    spool_files(spool_dir)[0].unlink()
    before = len([*Path("/proc/self/fd").iterdir()])
    spool.put(frame(1))
    assert numbers(spool_dir) == [1]
    assert len([*Path("/proc/self/fd").iterdir()]) == before, "and is let go of"


def test_the_directory_that_was_deleted_is_made_again(spools, spool_dir):
    spool = spools()
    spool.put(frame(0))
    shutil.rmtree(spool_dir)
    spool.put(frame(1))
    spool.put(frame(2))
    assert numbers(spool_dir) == [1, 2]
    assert Reserve(spool_dir).counts() == []


def test_law_6_a_file_that_was_cut_under_us_misses_what_was_in_it(spools, spool_dir):
    spool = spools()
    for seq in range(3):
        spool.put(frame(seq))
    os.truncate(spool_files(spool_dir)[0], page.SIZE)
    spool.put(frame(3))
    spool.close()
    assert numbers(spool_dir) == [3]
    assert lost_in(spool_dir) == {(RUN.trace_id, "spool_torn"): 3}


def test_law_1_a_descriptor_that_stands_for_the_hosts_own_file_is_not_written_to(spools, spool_dir, tmp_path):
    spool = spools()
    spool.put(frame(0))
    ours = spool._current._descriptor
    os.close(ours)  # as a host does that turns into a daemon
    theirs = os.open(tmp_path / "theirs", os.O_RDWR | os.O_CREAT)
    assert theirs == ours
    for seq in (1, 2):
        spool.put(frame(seq))
    spool.close()
    assert numbers(spool_dir) == [0, 1, 2]
    assert os.fstat(theirs).st_size == 0
    os.close(theirs)


def test_eight_threads_lose_nothing_and_mix_nothing(spools, spool_dir):
    spool = spools()
    numbered = count()
    began = threading.Barrier(8)

    def tell():
        began.wait()
        for _ in range(400):
            seq = next(numbered)
            spool.put(frame(seq, str(seq).encode() * 40, trace_id=f"{seq % 70 + 1:032x}"))

    _together([threading.Thread(target=tell) for _ in range(8)])
    spool.close()
    found = [each for path in spool_files(spool_dir) for each in read(path.read_bytes()).frames]
    assert sorted(each.seq for each in found) == list(range(3_200))
    assert all(each.json == str(each.seq).encode() * 40 for each in found)
    assert not lost_in(spool_dir)


def test_threads_that_need_a_file_at_the_same_moment_each_get_one(spools, spool_dir):
    for n in range(60):
        spool = spools()
        began = threading.Barrier(6)

        def tell(spool=spool, began=began, n=n):
            began.wait()
            spool.put(frame(n, b"x" * 30_000))

        _together([threading.Thread(target=tell) for _ in range(6)])
        assert not spool.lost
        spool.close()
    assert len(numbers(spool_dir)) == 360


def _together(threads):
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_law_1_no_lock_is_held_while_a_file_is_written(spools, spool_dir, monkeypatch):
    """One thread stands inside a write for as long as another thread and a forked child need to say something."""
    spool = spools()
    spool.put(frame(0))
    inside, go_on = threading.Event(), threading.Event()
    written = os.pwrite

    def slow(descriptor, data, at):
        if threading.current_thread().name == "slow" and at >= page.SIZE:
            inside.set()
            assert go_on.wait(20)
        return written(descriptor, data, at)

    monkeypatch.setattr(os, "pwrite", slow)
    stuck = threading.Thread(target=spool.put, args=[frame(1)], name="slow")
    stuck.start()
    assert inside.wait(20)
    other = threading.Thread(target=spool.put, args=[frame(2)])
    other.start()
    other.join(20)
    assert not other.is_alive()
    assert numbers(spool_dir) == [0, 2]
    child = os.fork()
    if not child:
        Spool(spool_dir, ROOM).put(frame(3))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    go_on.set()
    stuck.join()
    assert numbers(spool_dir) == [0, 1, 2, 3]


def test_law_1_no_lock_is_held_while_room_is_reserved_or_a_file_is_made(spools, spool_dir, monkeypatch):
    spool = spools()
    inside, go_on = threading.Event(), threading.Event()
    reserved = os.posix_fallocate

    def slow(*given):
        if threading.current_thread().name == "slow":
            inside.set()
            assert go_on.wait(20)
        return reserved(*given)

    monkeypatch.setattr(os, "posix_fallocate", slow)
    stuck = threading.Thread(target=spool.put, args=[frame(0)], name="slow")
    stuck.start()
    assert inside.wait(20)
    for seq in range(1, 40):
        spool.put(frame(seq, b"x" * 4_000))
    go_on.set()
    stuck.join()
    assert numbers(spool_dir) == list(range(40))


def test_a_forked_child_gives_the_parents_file_up_at_once(spools, spool_dir):
    spool = spools()
    spool.put(frame(0))
    (path,) = spool_files(spool_dir)
    ready, hold = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        os.write(ready[1], b"x")
        os.read(hold[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    spool.close()
    assert free(path), "although the child lives"
    os.write(hold[1], b"x")
    assert os.waitpid(child, 0)[1] == 0
    for descriptor in (*ready, *hold):
        os.close(descriptor)


def test_a_signal_handler_that_tells_something_in_the_middle_of_it_neither_blocks_nor_loses(spools, spool_dir):
    spool = spools()
    numbered = count()
    handled = 0

    def tell(*_):
        nonlocal handled
        handled += 1
        spool.put(frame(next(numbered)))
        signal.setitimer(signal.ITIMER_REAL, 0.001)

    before = signal.signal(signal.SIGALRM, tell)
    signal.setitimer(signal.ITIMER_REAL, 0.001)
    try:
        for _ in range(600):
            spool.put(frame(next(numbered)))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    spool.close()
    assert handled > 3
    assert numbers(spool_dir) == list(range(600 + handled))
    assert not lost_in(spool_dir)


class TimeIsUp(BaseException):
    """As hosts raise it in a signal handler, to end a user's task."""


def _interrupted(spool, told, after):
    """Tell something, and raise in the middle of it; whether it came to that."""
    try:
        signal.setitimer(signal.ITIMER_REAL, after)
        spool.put(told)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except TimeIsUp:
        return True
    return False


def test_law_6_an_exception_out_of_a_signal_handler_leaves_a_spool_that_goes_on_and_true_counts(spools, spool_dir):
    def raise_it(*_):
        raise TimeIsUp

    spool = spools()
    chance = random.Random(7)
    before = signal.signal(signal.SIGALRM, raise_it)
    try:
        cut = {seq for seq in range(600) if _interrupted(spool, frame(seq), chance.uniform(5e-6, 2e-4))}
    finally:
        signal.signal(signal.SIGALRM, before)
    files_then = files(spool_dir)
    told = threading.Thread(target=lambda: [spool.put(frame(seq)) for seq in range(600, 650)])
    told.start()
    told.join(20)
    assert not told.is_alive(), "no lock was left behind"
    assert files(spool_dir) <= files_then + 1, "nor is every event put aside from now on"
    spool.close()
    missing = set(range(650)) - set(numbers(spool_dir))
    assert len(cut) > 20
    assert missing <= cut
    assert sum(lost_in(spool_dir).values()) <= len(missing), "what was not even counted leaves a gap in the numbers"


def test_law_6_the_very_first_thing_that_is_lost_is_counted(spools, spool_dir):
    spool = spools()
    spool.lose(Loss.TOO_BIG, frame(0))
    spool.close()
    assert lost_in(spool_dir) == {(RUN.trace_id, "event_too_big"): 1}


def test_law_6_a_loss_keeps_its_name_when_the_page_is_full_of_other_runs(spools, spool_dir):
    spool = spools()
    for n in range(1, NAMED + 1):
        spool.put(frame(0, trace_id=f"{n:032x}"))
    spool.lose(Loss.TOO_BIG, frame(0))
    (shared,) = Reserve(spool_dir).counts()
    assert (shared.trace_id, shared.producer, sum(shared.lost)) == (RUN.trace_id, PRODUCER, 1)


def test_a_notice_is_no_loss_and_a_manifest_is_one_that_no_run_misses(spools, spool_dir):
    spool = spools()
    spool.put(frame(0))
    spool.lose(Loss.DISK_FULL, frame(0, kind=Kind.NOTICE))
    spool.lose(Loss.DISK_FULL, frame(0, kind=Kind.MANIFEST))
    spool.close()
    assert lost_in(spool_dir) == {("", "manifest"): 1}


def test_what_the_limit_does_not_admit_is_lost_by_reason_and_the_log_says_so_once(spools, spool_dir, caplog):
    spool = spools(limit=20_000)
    for seq in range(10):
        spool.put(frame(seq, b"x" * 4_000))
    spool.close()
    assert lost_in(spool_dir) == {(RUN.trace_id, "spool_full"): 10 - len(numbers(spool_dir))}
    assert 2 <= len(numbers(spool_dir)) < 6
    assert caplog.text.count("spool_full") == 1
    assert "your pipeline goes on" in caplog.text


@pytest.mark.parametrize("limit", [0, 100, page.SIZE, page.SIZE + 12 * 1024, page.SIZE + 14_000])
def test_law_6_a_disk_that_is_full_loses_events_that_its_file_or_the_shared_page_counts(spools, spool_dir, limit):
    """A limit on the size of files fails as a full disk does, in the middle of a frame too, and needs no rights."""
    spools().put(frame(0, producer="ab" * 8))  # somebody was here while there was room
    spool = spools()
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited[1]))
    try:
        for seq in range(8):
            spool.put(frame(seq, b"x" * 2_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        signal.signal(signal.SIGXFSZ, ignored)
    spool.put(frame(8))
    spool.close()
    there = [
        each.seq
        for path in spool_files(spool_dir)
        for each in read(path.read_bytes()).frames
        if each.producer == PRODUCER
    ]
    lost = spool.lost[Loss.DISK_FULL]
    reserved = sum(sum(each.lost) for each in Reserve(spool_dir).counts())
    in_file = sum(entry.count for path in spool_files(spool_dir) for entry in losses_of(read(path.read_bytes())))
    assert lost > 0
    assert len(there) == 9 - lost
    assert 8 in there
    if limit < page.SIZE:  # then not even the shared page can be written: a limit on files is harder than a full disk
        return
    assert in_file + reserved == lost


FULL_DISK = """
import json, os, subprocess, sys
from pathlib import Path
from datatracing.capture import CaptureSettings, Recorder
from datatracing.model.event import EventKind
from datatracing.model.run import RunRef

directory = Path(sys.argv[1])
run = RunRef("airflow", "default", "etl", "r1")
recorder = Recorder(CaptureSettings("", spool_dir=directory))
for n in range(int(sys.argv[2])):
    recorder.emit(EventKind.NOTED, run, attributes={"n": n, "text": "word " * 300})
print(json.dumps([recorder.producer, recorder.counters]), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 pages."""
    disk = tmp_path / "disk"
    disk.mkdir()
    assert os.system(f"mount -t tmpfs -o size=256k tmpfs {disk}") == 0, "these tests need the right to mount"
    yield disk
    assert os.system(f"umount -l {disk}") == 0


def test_law_6_on_a_full_disk_every_process_is_counted_even_one_that_is_killed_and_one_that_has_no_file(
    child, small_disk
):
    spool_dir = small_disk / "spool"
    child(FULL_DISK, spool_dir, 2).finishes()
    early = child(FULL_DISK, spool_dir, 500)
    told = {}
    producer, counters = json.loads(early.says())
    told[producer] = 500
    assert counters["lost.disk_full"] > 100
    for _ in range(3):
        late = child(FULL_DISK, spool_dir, 40)
        producer, counters = json.loads(late.says())
        told[producer] = 40
        assert counters["lost.disk_full"] > 30
        late.kill()
    early.kill()
    found = Counter()
    for path in spool_files(spool_dir):
        contents = read(path.read_bytes())
        found.update(each.producer for each in contents.frames)
        for entry in losses_of(contents):
            assert entry.trace_id == RUN.trace_id
            found[entry.producer] += entry.count
    for each in Reserve(spool_dir).counts():
        assert each.trace_id == RUN.trace_id
        found[each.producer] += sum(each.lost)
    assert {producer: found[producer] for producer in told} == told
