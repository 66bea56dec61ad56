"""The page counts for each run what was told and what was lost, and a slot that cannot be read says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatracing.capture import page
from datatracing.capture.loss import REASONS
from datatracing.capture.page import NAMED, SIZE, SLOT, SLOTS, Count, Head
from datatracing.model.loss import Loss
from tests.capturing import PRODUCER, RUN, unhurried

numbers = st.integers(0, 2**32 - 1)
some_counts = st.builds(
    Count,
    trace_id=st.binary(min_size=16, max_size=16).filter(any).map(bytes.hex),
    producer=st.binary(min_size=8, max_size=8).map(bytes.hex),
    first_at=st.integers(0, 2**63),
    emitted=numbers,
    told=numbers,
    lost=st.lists(numbers, min_size=len(REASONS), max_size=len(REASONS)),
)


def paged(*counts):
    data = bytearray(Head(1, 2, 3).encode())
    for number, count in enumerate(counts):
        data[page.place(number) : page.place(number + 1)] = count.encode()
    return bytes(data)


def test_the_page_has_a_slot_for_each_of_54_runs_and_one_for_all_others():
    assert (NAMED, SLOTS) == (54, 55)
    assert page.place(SLOTS) <= SIZE
    assert len(paged()) == SIZE


@unhurried
@given(st.lists(some_counts, max_size=6))
def test_counts_come_back_as_they_were_written(counts):
    assert list(page.counts(paged(*counts))) == counts


def test_the_head_says_who_made_the_file_and_when():
    assert page.read_head(paged()) == Head(1, 2, 3)
    assert page.read_head(paged()[: SIZE - 1]) is None
    assert page.read_head(bytes(SIZE)) is None


@unhurried
@given(some_counts, st.integers(0, SLOT - 5), st.integers(1, 255))
def test_a_slot_in_which_a_bit_has_turned_is_not_believed(count, at, flip):
    data = bytearray(paged(count, Count(RUN.trace_id, PRODUCER, 7, 1, 1)))
    data[page.place(0) + at] ^= flip
    assert [each.first_at for each in page.counts(bytes(data))] == [7]


@unhurried
@given(st.binary(max_size=SIZE))
def test_any_bytes_can_be_read(data):
    assert page.read_head(data) is None
    assert len(page.slots(data)) == SLOTS


def test_numbers_stop_at_what_the_slot_can_hold():
    count = Count(RUN.trace_id, PRODUCER, 0, emitted=2**32 - 1, told=5)
    count.add(2**60)
    count.add_lost(Loss.DISK_FULL, 2**40)
    (read,) = page.counts(paged(count))
    assert (read.emitted, read.told, max(read.lost)) == (2**32 - 1, 2**32 - 1, 2**32 - 1)


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_has_a_number_of_its_own(reason):
    count = Count(RUN.trace_id, PRODUCER, 0)
    count.add_lost(reason)
    (read,) = page.counts(paged(count))
    assert [each for each, n in zip(REASONS, read.lost, strict=True) if n] == [reason]
