"""Threads, forks and signal handlers over one spool: nothing is lost or mixed, and no lock is held across I/O."""

import os
import random
import signal
import threading
from itertools import count

from datatracing.capture.reading import read, spool_files
from datatracing.capture.spool import Spool
from tests.capturing import frame, lost_in
from tests.spooling import ROOM, behind_the_page, free, numbers


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


def test_law_1_no_lock_is_held_while_a_file_is_written(spools, spool_dir, stuck):
    """One thread stands inside a write for as long as another thread and a forked child need to say something."""
    spool = spools()
    spool.put(frame(0))
    with stuck("pwrite", spool.put, frame(1), where=behind_the_page):
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
    assert numbers(spool_dir) == [0, 1, 2, 3]


def test_law_1_no_lock_is_held_while_room_is_reserved_or_a_file_is_made(spools, spool_dir, stuck):
    spool = spools()
    with stuck("posix_fallocate", spool.put, frame(0)):
        for seq in range(1, 40):
            spool.put(frame(seq, b"x" * 4_000))
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
    files_then = len(spool_files(spool_dir))
    told = threading.Thread(target=lambda: [spool.put(frame(seq)) for seq in range(600, 650)])
    told.start()
    told.join(20)
    assert not told.is_alive(), "no lock was left behind"
    assert len(spool_files(spool_dir)) <= files_then + 1, "nor is every event put aside from now on"
    spool.close()
    missing = set(range(650)) - set(numbers(spool_dir))
    assert len(cut) > 20
    assert missing <= cut
    assert sum(lost_in(spool_dir).values()) <= len(missing), "what was not even counted leaves a gap in the numbers"
