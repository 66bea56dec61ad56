"""A spool file belongs to one living process, and what was appended to it survives that process."""

import errno
import os
import stat
from pathlib import Path

import pytest

from datatracing.capture.adoption import orphans
from datatracing.capture.quota import Quota
from datatracing.capture.record import Kind, Record, scan
from datatracing.capture.segment import Segment, SegmentGoneError
from datatracing.capture.spool import SEGMENT_LIMIT, Spool, SpoolFullError

LIMIT = 64 * 1024 * 1024


def record(seq, json=b"{}"):
    return Record(Kind.EVENT, "ab" * 16, "0123456789abcdef", seq, json)


@pytest.fixture
def spools(spool_dir):
    """Makes spools with their quota, and closes them."""
    made = []

    def make(limit=LIMIT):
        made.append(Spool(spool_dir, f"producer{len(made)}", Quota(spool_dir, limit)))
        return made[-1]

    yield make
    for spool in made:
        spool.close()


def read(segment):
    return list(scan(segment.read()))


def test_files_are_private_to_the_user(spools, spool_dir):
    spools().append(record(0).encode())
    (file,) = spool_dir.iterdir()
    assert stat.S_IMODE(spool_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_is_taken_to_be_shipped_is_not_appended_to_any_more(spools):
    spool = spools()
    spool.append(record(0).encode())
    (first,) = spool.take()
    spool.append(record(1).encode())
    assert read(first) == [record(0)]
    assert spool.take() == [first], "and no other is cut off while it waits"
    spool.retire(first)
    first.remove()
    (second,) = spool.take()
    assert read(second) == [record(1)]


def test_a_large_backlog_is_several_files(spools, spool_dir):
    spool = spools()
    for seq in range(5):
        spool.append(record(seq, b"x" * (SEGMENT_LIMIT // 2)).encode())
    assert len(list(spool_dir.iterdir())) == 3
    assert [found.seq for segment in spool.take() for found in read(segment)] == list(range(5))


def test_nobody_adopts_the_file_of_a_living_process_not_even_that_process(spools, spool_dir):
    spools().append(record(0).encode())
    assert list(orphans(spool_dir)) == []


def test_the_directory_that_vanished_is_made_again(spools, spool_dir):
    spool = spools()
    spool.append(record(0).encode())
    for file in spool_dir.iterdir():
        file.unlink()
    spool_dir.rmdir()
    spool.append(record(1).encode())
    (deleted,) = spool.take()
    assert read(deleted) == [record(0)], "what was in the deleted file is shipped all the same"
    spool.retire(deleted)
    deleted.close()
    assert [found.seq for segment in spool.take() for found in read(segment)] == [1]


def test_a_host_that_closes_all_descriptors_finds_none_of_its_own_files_written_to(spools, spool_dir, tmp_path):
    spool = spools()
    spool.append(record(0).encode())
    (ours,) = spool_dir.iterdir()
    number = next(
        n for n in range(3, 4096) if (open_file := Path(f"/proc/self/fd/{n}")).exists() and open_file.samefile(ours)
    )
    os.close(number)
    theirs = os.open(tmp_path / "theirs", os.O_RDWR | os.O_CREAT)
    try:
        assert theirs == number
        spool.append(record(1).encode())
        spool.close()
        assert os.fstat(theirs).st_size == 0
    finally:
        os.close(theirs)
    adopted = list(orphans(spool_dir))
    assert [found.seq for segment in adopted for found in read(segment)] == [0, 1]
    for segment in adopted:
        segment.close()


def test_an_empty_file_is_not_left_behind(spools, spool_dir):
    spool = spools()
    spool.append(record(0).encode())
    (segment,) = spool.take()
    spool.retire(segment)
    segment.remove()
    spool.close()
    assert list(spool_dir.iterdir()) == []


def test_an_adopter_that_is_faster_than_the_maker_gets_an_empty_file_and_the_maker_another(spool_dir):
    spool_dir.mkdir()
    path = spool_dir / "a-1.events"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
    adopter = Segment.adopt(path)
    assert Segment._locked(path, descriptor) is None
    adopter.remove()
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
    Segment.adopt(path).remove()
    assert Segment._locked(path, descriptor) is None, "locked, but nobody will ever find it"


def test_only_plain_files_of_ours_are_adopted(spool_dir, tmp_path):
    spool_dir.mkdir()
    os.mkfifo(spool_dir / "pipe-1.events")
    (spool_dir / "directory-1.events").mkdir()
    (tmp_path / "secret").write_text("theirs")
    (spool_dir / "link-1.events").symlink_to(tmp_path / "secret")
    (spool_dir / "notes.txt").write_text("theirs")
    assert list(orphans(spool_dir)) == []
    assert Segment.adopt(spool_dir / "pipe-1.events") is None


def test_a_half_made_file_of_a_dead_process_is_cleared_away(spool_dir):
    spool_dir.mkdir()
    (spool_dir / "a-1.draft").write_bytes(b"half")
    assert list(orphans(spool_dir)) == []
    assert list(spool_dir.iterdir()) == []


def test_what_does_not_fit_is_refused_and_what_was_there_stays(spools):
    spool = spools(limit=10_000)
    spool.append(record(0, b"x" * 6000).encode())
    with pytest.raises(SpoolFullError):
        spool.append(record(1, b"x" * 6000).encode())
    spool.append(record(2, b"x" * 2000).encode())
    assert [found.seq for segment in spool.take() for found in read(segment)] == [0, 2]


def test_the_limit_is_one_for_all_processes(spools, spool_dir):
    spools(limit=10_000).append(record(0, b"x" * 7000).encode())
    Quota(spool_dir, 10_000).sum(now=True)
    with pytest.raises(SpoolFullError):
        spools(limit=10_000).append(record(1, b"x" * 4000).encode())


def test_room_that_was_made_can_be_used_again(spools, spool_dir):
    spool = spools(limit=10_000)
    spool.append(record(0, b"x" * 7000).encode())
    (segment,) = spool.take()
    spool.retire(segment)
    segment.remove()
    spool._quota.sum(now=True)
    spool.append(record(1, b"x" * 7000).encode())


def test_a_process_that_sums_nothing_itself_hears_that_there_is_room_again(spools, spool_dir):
    spool_dir.mkdir()
    (spool_dir / "big-1.events").write_bytes(b"x" * 9_000)
    Quota(spool_dir, 10_000).sum(now=True)
    spool = spools(limit=10_000)
    with pytest.raises(SpoolFullError):
        spool.append(record(0, b"x" * 1_000).encode())
    (spool_dir / "big-1.events").unlink()
    Quota(spool_dir, 10_000).sum(now=True)
    spool.append(record(0, b"x" * 1_000).encode())


@pytest.mark.parametrize("content", ["", "many", "\0\0", "-5"])
def test_a_sum_that_makes_no_sense_stops_nobody(spools, spool_dir, content):
    spool_dir.mkdir()
    (spool_dir / "usage").write_text(content)
    spools().append(record(0).encode())


def test_many_small_files_count_as_what_they_take_on_disk(spool_dir):
    spool_dir.mkdir()
    for n in range(10):
        (spool_dir / f"{n}-1.events").write_bytes(b"x")
    quota = Quota(spool_dir, 40_960)
    quota.sum(now=True)
    assert not quota.admits(1)


def test_a_replaced_file_is_whole_or_as_before_and_never_unlocked(segments, spool_dir):
    spool_dir.mkdir()
    segment = segments(spool_dir / "a-1.losses")
    segment.append(b"one")
    fresh = segment.replaced(b"two")
    assert (spool_dir / "a-1.losses").read_bytes() == b"two"
    assert list(orphans(spool_dir)) == []
    (spool_dir / "a-1.draft").mkdir()
    with pytest.raises(OSError):
        fresh.replaced(b"three")
    assert fresh.read() == b"two"
    fresh.close()


def test_a_deleted_file_says_so_and_can_still_be_shipped(segments, spool_dir):
    spool_dir.mkdir()
    segment = segments(spool_dir / "a-1.events")
    segment.append(b"one")
    segment.path.unlink()
    with pytest.raises(SegmentGoneError) as gone:
        segment.append(b"two")
    assert gone.value.errno == errno.ENOENT
    assert segment.read() == b"one"


KILLED = """
import os, sys
from pathlib import Path
from datatracing.capture.quota import Quota
from datatracing.capture.record import Kind, Record
from datatracing.capture.spool import Spool

directory = Path(sys.argv[1])
spool = Spool(directory, "killed", Quota(directory, 1 << 30))
seq = 0
while True:
    spool.append(Record(Kind.EVENT, "ab" * 16, "killed", seq, b"x" * (seq % 9000)).encode())
    os.write(1, b"%d\\n" % seq)
    seq += 1
"""


@pytest.mark.parametrize("after", [1, 40, 400])
def test_a_process_killed_while_it_appends_loses_nothing_it_was_told_is_safe(child, spool_dir, after):
    writer = child(KILLED, spool_dir)
    for _ in range(after):
        writer.says()
    said = writer.kill().split()
    acknowledged = int(said[-1]) if said else after - 1
    adopted = list(orphans(spool_dir))
    numbers = [each.seq for segment in adopted for each in read(segment) if isinstance(each, Record)]
    assert sorted(numbers)[: acknowledged + 1] == list(range(acknowledged + 1))
    for segment in adopted:
        segment.close()
