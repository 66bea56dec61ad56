"""The files of one process: what is told is counted first, then appended, whatever happens to the files meanwhile."""

import os
import shutil
import stat
from pathlib import Path

from datatracing.capture import page
from datatracing.capture.page import NAMED
from datatracing.capture.reading import spool_files
from datatracing.capture.reserve import Reserve
from datatracing.capture.segment import LIMIT
from tests.capturing import RUN, frame, lost_in
from tests.spooling import free, numbers


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
    assert (len(spool_files(spool_dir)), numbers(spool_dir)) == (3, [0, 1, 2])


def test_a_file_ends_at_four_megabytes(spools, spool_dir):
    spool = spools()
    for seq in range(20):
        spool.put(frame(seq, b"x" * (LIMIT // 8)))
    assert numbers(spool_dir) == list(range(20))
    assert len(spool_files(spool_dir)) == 3
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
