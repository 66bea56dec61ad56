"""Cursors: opaque, fit for a URL, and refused when they are not ours."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatracing.errors import BadInputError
from datatracing.store.paging import Place, place

INTEGERS = st.integers(-(2**63), 2**63 - 1)
TRACE_IDS = st.binary(min_size=16, max_size=16).map(bytes.hex)


@given(INTEGERS, TRACE_IDS)
def test_a_cursor_names_its_place_and_fits_into_a_url(started_at, trace_id):
    cursor = Place(started_at, trace_id).cursor()
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    assert place(cursor) == Place(started_at, trace_id)


@given(INTEGERS, st.data())
def test_a_cursor_with_one_other_character_is_refused(started_at, data):
    cursor = Place(started_at, "ab" * 16).cursor()
    at = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.sampled_from("ABCxyz019_-=.%é").filter(lambda char: char != cursor[at]))
    with pytest.raises(BadInputError, match="start again without a cursor"):
        place(cursor[:at] + other + cursor[at + 1 :])


@given(st.text())
def test_any_other_text_is_refused(text):
    with pytest.raises(BadInputError, match="cursor"):
        place(text)
