"""Frames come back as they were written; from damaged bytes nothing is invented, and reading them stays quick."""

import time

from hypothesis import given
from hypothesis import strategies as st

from datatracing.capture.frame import MARK, OVERHEAD, Frame, Kind, frames, read_frame
from datatracing.capture.page import SIZE, Head
from datatracing.capture.reading import read
from tests.capturing import frame, unhurried

HEAD = Head(1, 2, 3).encode()
some_frames = st.lists(
    st.builds(
        Frame,
        kind=st.sampled_from(Kind),
        trace_id=st.binary(min_size=16, max_size=16).map(bytes.hex),
        producer=st.binary(min_size=8, max_size=8).map(bytes.hex),
        seq=st.integers(0, 2**64 - 1),
        json=st.text(max_size=60).map(str.encode),
    ),
    max_size=8,
)
junk = st.one_of(st.binary(max_size=80), st.just(MARK), st.just(MARK + b"\0\0\0\x25" + b"x" * 60))


def contents(data):
    return read(HEAD + data)


@unhurried
@given(some_frames)
def test_frames_come_back_as_they_were_written_whatever_is_reserved_behind_them(written):
    data = b"".join(each.encode() for each in written)
    found = contents(data + bytes(500))
    assert (found.frames, found.damaged) == (written, 0)
    assert [placed.frame for placed in frames(data)] == written
    assert not written or list(frames(data))[-1].end == len(data)


@unhurried
@given(some_frames, st.data())
def test_a_torn_file_has_the_frames_before_the_tear_and_no_others(written, data):
    whole = b"".join(each.encode() for each in written)
    cut = data.draw(st.integers(0, len(whole)))
    ends = [placed.end for placed in frames(whole)]
    found = contents(whole[:cut])
    assert found.frames == written[: sum(end <= cut for end in ends)]
    assert found.damaged == (cut not in {0, *ends})


@unhurried
@given(some_frames.filter(bool), st.data())
def test_a_flipped_byte_costs_its_frame_and_no_other(written, data):
    pieces = [bytearray(each.encode()) for each in written]
    hit = data.draw(st.integers(0, len(pieces) - 1))
    pieces[hit][data.draw(st.integers(0, len(pieces[hit]) - 1))] ^= data.draw(st.integers(1, 255))
    found = contents(b"".join(pieces))
    assert found.frames == written[:hit] + written[hit + 1 :]
    assert found.damaged == 1


@unhurried
@given(some_frames, junk, st.data())
def test_junk_between_frames_hides_none_of_them(written, inserted, data):
    at = data.draw(st.integers(0, len(written)))
    pieces = [each.encode() for each in written]
    found = contents(b"".join([*pieces[:at], inserted, *pieces[at:]]))
    assert found.frames == written
    assert found.damaged == bool(inserted.strip(b"\0"))


@unhurried
@given(st.binary(max_size=3_000))
def test_nothing_is_made_of_any_bytes_and_nothing_is_raised(data):
    for found in (read(data), read(HEAD[: len(data)] + data), contents(data)):
        assert all(each.encode() in data for each in found.frames)


def test_a_length_that_points_behind_the_end_is_no_frame():
    data = frame(0, b"x" * 100).encode()
    assert read_frame(data[:-1], 0) is None
    assert read_frame(data, len(data)) is None
    assert read_frame(data, -5) is None


def forged(size):
    """As hostile as bytes can be: each mark claims all that is behind it, and a true frame stands after each."""
    true = frame(1).encode()
    count = size // (12 + len(true))
    end = count * (12 + len(true))
    lies = (MARK + (end - n * (12 + len(true)) - 12).to_bytes(4, "big") + b"\0\0\0\0" + true for n in range(count))
    return b"".join(lies)


def seconds(data):
    best = 60.0
    for _ in range(3):
        began = time.process_time()
        contents(data)
        best = min(best, time.process_time() - began)
    return best


def test_forged_marks_make_reading_no_slower_than_linear():
    small, large = forged(50_000), forged(800_000)
    assert seconds(large) < 16 * 4 * max(seconds(small), 0.002)


def test_many_marks_behind_one_another_do_not_either():
    small, large = MARK * 12_000, MARK * 192_000
    assert seconds(large) < 16 * 4 * max(seconds(small), 0.002)


def test_what_is_hidden_behind_forged_marks_is_damage_that_is_counted():
    found = contents(forged(800_000))
    assert found.damaged
    assert len(found.frames) < 800_000 // (12 + OVERHEAD)


def test_a_file_of_half_damaged_frames_still_yields_the_other_half():
    pieces = [bytearray(frame(n, b"x" * 900).encode()) for n in range(4_000)]
    for piece in pieces[::2]:
        piece[-1] ^= 1
    assert [each.seq for each in contents(b"".join(pieces)).frames] == list(range(1, 4_000, 2))


def test_the_page_is_not_read_as_frames():
    data = HEAD + frame(0).encode()
    assert len(HEAD) == SIZE
    assert [each.seq for each in read(data).frames] == [0]
