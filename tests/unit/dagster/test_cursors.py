"""How far a watcher has come, as a text."""

import json
import time

from hypothesis import given
from hypothesis import strategies as st

from datatracing_dagster.cursors import REMEMBERED, TRIES, Cursor

DAY = 86_400.0
COUNTS = st.dictionaries(st.text(max_size=5), st.integers(0, 2**40), max_size=5)


@given(COUNTS, COUNTS, st.floats(1, 2**40))
def test_what_is_written_is_read(seen, again, since):
    cursor = Cursor(seen, again, since)
    assert Cursor.read(cursor.write(), DAY) == cursor


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["seen", "again", "since", "RUN_SUCCESS"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.text(max_size=20) | JSON.map(json.dumps))
def test_a_text_of_any_kind_is_a_cursor_that_can_be_gone_on_from(text):
    cursor = Cursor.read(text, DAY)
    cursor.failed("a")
    cursor.done("b")
    assert Cursor.read(cursor.write(), DAY).due() == cursor.due()


def test_without_a_cursor_it_begins_so_many_seconds_ago():
    assert abs(time.time() - DAY - Cursor.read(None, DAY).since) < 5


def test_the_beginning_stays_where_it_was():
    first = Cursor.read(None, DAY)
    first.since -= 100
    assert Cursor.read(first.write(), DAY).since == first.since


def test_a_run_is_tried_so_often_and_then_given_up():
    cursor = Cursor()
    assert [cursor.failed("run") for _ in range(TRIES)] == [True] * (TRIES - 1) + [False]
    assert cursor.due() == []
    assert cursor.given_up("run")


def test_a_run_that_was_stored_after_all_is_not_tried_again():
    cursor = Cursor()
    cursor.failed("run")
    assert cursor.due() == ["run"]
    cursor.done("run")
    assert cursor.due() == []


def test_of_many_runs_that_were_given_up_the_last_ones_are_remembered():
    cursor = Cursor()
    for number in range(REMEMBERED + 10):
        for _ in range(TRIES):
            cursor.failed(f"run {number}")
    assert len(cursor.again) == REMEMBERED
    assert cursor.given_up(f"run {REMEMBERED + 9}")
