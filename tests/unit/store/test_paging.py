"""Cursors: opaque, fit for a URL, and refused when they are not ours."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatracing.errors import BadInputError
from datatracing.store.paging import NEVER, Position, position

INTEGERS = st.integers(-(2**63), 2**63 - 1)


@given(INTEGERS, INTEGERS)
def test_a_cursor_names_its_place_and_fits_into_a_url(started_at, number):
    cursor = Position(started_at, number).cursor()
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    assert position(cursor) == Position(started_at, number)


@given(INTEGERS, st.data())
def test_a_cursor_with_one_other_character_is_refused(started_at, data):
    cursor = Position(started_at, 1).cursor()
    at = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.sampled_from("ABCxyz019_-=.%é").filter(lambda char: char != cursor[at]))
    with pytest.raises(BadInputError, match="start again without a cursor"):
        position(cursor[:at] + other + cursor[at + 1 :])


@given(st.text())
def test_any_other_text_is_refused(text):
    with pytest.raises(BadInputError, match="cursor"):
        position(text)


def test_a_run_without_a_start_comes_after_all_others():
    assert Position(NEVER, 5) < Position(-(2**62), 1)
