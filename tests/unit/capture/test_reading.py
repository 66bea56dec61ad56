"""What a file misses is the difference between what its page counts and what its frames hold, and names its run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatracing.capture import page
from datatracing.capture.frame import frames
from datatracing.capture.page import NO_PRODUCER, NOBODY, Count, Head
from datatracing.capture.reading import losses_of, read, spool_files
from datatracing.model.loss import Loss
from tests.capturing import PRODUCER, RUN, file_of, frame, unhurried

OTHER = "cd" * 16


def lost(data):
    return [(each.reason, each.count, each.trace_id, each.producer) for each in losses_of(read(data))]


def test_a_whole_file_misses_nothing():
    assert lost(file_of(frame(0), frame(1), frame(0, trace_id=OTHER)) + bytes(300)) == []


@unhurried
@given(st.integers(0, 5), st.data())
def test_law_6_a_torn_tail_is_charged_to_the_runs_whose_events_are_in_it(mine, data):
    told = [*(frame(seq) for seq in range(mine)), *(frame(seq, trace_id=OTHER) for seq in range(3))]
    whole = file_of(*told)
    cut = data.draw(st.integers(page.SIZE, len(whole)))
    there = [each.frame.trace_id for each in frames(whole[:cut], page.SIZE)]
    missing = {RUN.trace_id: mine - there.count(RUN.trace_id), OTHER: 3 - there.count(OTHER)}
    assert lost(whole[:cut]) == [("spool_torn", n, run, PRODUCER) for run, n in missing.items() if n]


@unhurried
@given(st.data())
def test_law_6_a_damaged_frame_is_charged_to_its_run(data):
    whole = bytearray(file_of(frame(0), frame(0, trace_id=OTHER), frame(1)))
    (first, second, _) = frames(bytes(whole), page.SIZE)
    whole[data.draw(st.integers(first.end, second.end - 1))] ^= 255
    assert lost(bytes(whole)) == [("spool_torn", 1, OTHER, PRODUCER)]


def test_what_the_process_itself_counted_is_told_by_reason_and_not_twice():
    count = Count(RUN.trace_id, PRODUCER, 1_000, emitted=5, told=5)
    count.add_lost(Loss.DISK_FULL, 2)
    count.add_lost(Loss.TOO_BIG)
    assert lost(file_of(frame(0), frame(1), counts=[count])) == [
        ("disk_full", 2, RUN.trace_id, PRODUCER),
        ("event_too_big", 1, RUN.trace_id, PRODUCER),
    ]


def test_a_lost_manifest_is_no_event_of_the_run():
    count = Count(RUN.trace_id, PRODUCER, 1_000, emitted=1, told=1)
    count.add_lost(Loss.MANIFEST)
    assert lost(file_of(frame(0), counts=[count])) == [("manifest", 1, "", PRODUCER)]


def test_runs_beyond_what_the_page_can_name_are_lost_without_a_name():
    count = Count(NOBODY, NO_PRODUCER, 1_000, emitted=2, told=1)
    count.add_lost(Loss.SPOOL_FULL, 2)
    assert lost(file_of(counts=[count])) == [("spool_full", 2, "", "")]


def test_law_6_a_page_that_cannot_be_read_makes_each_of_its_runs_miss_something():
    data = file_of(frame(0), frame(0, trace_id=OTHER))
    assert lost(bytes(page.SIZE) + data[page.SIZE :]) == [
        ("spool_corrupt", 1, RUN.trace_id, PRODUCER),
        ("spool_corrupt", 1, OTHER, PRODUCER),
    ]


def test_law_6_what_is_missed_says_how_many_its_producer_had_numbered_by_then():
    whole = file_of(*(frame(seq) for seq in range(7, 10)))
    (torn,) = losses_of(read(whole[:-1]))
    assert (torn.count, torn.told) == (1, 10)


def test_law_6_frames_without_a_slot_miss_one_more_than_can_be_seen():
    whole = file_of(frame(4), frame(5))
    (one,) = losses_of(read(bytes(page.SIZE) + whole[page.SIZE :]))
    assert (one.reason, one.count, one.told) == ("spool_corrupt", 1, 7)


def test_law_6_a_slot_that_cannot_be_read_makes_its_run_miss_something():
    data = bytearray(file_of(frame(0), frame(0, trace_id=OTHER)))
    data[page.place(1) + 3] ^= 1
    assert lost(bytes(data)) == [("spool_corrupt", 1, OTHER, PRODUCER)]


def test_law_6_a_slot_that_cannot_be_read_and_whose_run_has_no_frame_is_still_a_loss():
    data = bytearray(file_of(frame(0), frame(0, trace_id=OTHER)))
    data[page.place(1) + 3] ^= 1
    first = next(frames(bytes(data), page.SIZE))
    assert lost(bytes(data[: first.end])) == [("spool_corrupt", 1, "", "")]


@pytest.mark.parametrize("data", [b"garbage", b"\xffDT2" * 2_000])
def test_a_file_of_which_nothing_can_be_read_is_one_loss_without_a_name(data):
    assert lost(data.ljust(page.SIZE + 9, b"?")) == [("spool_corrupt", 1, "", "")]


def test_an_empty_file_and_one_that_was_only_made_are_no_loss():
    assert lost(Head(1, 2, 3).encode() + bytes(4_000)) == []


@unhurried
@given(st.binary(max_size=6_000))
def test_any_bytes_can_be_accounted_for(data):
    for each in losses_of(read(data)):
        assert each.count > 0


def test_only_plain_files_of_our_name_are_ours_and_they_come_in_order(tmp_path):
    for name in ("b.spool", "a.spool", "c.other"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "d.spool").mkdir()
    (tmp_path / "e.spool").symlink_to(tmp_path / "a.spool")
    assert [path.name for path in spool_files(tmp_path)] == ["a.spool", "b.spool"]
    assert spool_files(tmp_path / "nowhere") == []
