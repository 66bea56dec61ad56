"""The search for what waits reads little, and still misses nothing for ever."""

import psycopg
import pytest
from sqlalchemy import text

from datatracing.store.registry import open_store
from datatracing.store.sql import backlog
from datatracing.testing import build

OLD, LATE, NEW = build.run("old"), build.run("late"), build.run("new")
INSERT = (
    "INSERT INTO inbox (trace_id, producer, seq, content, n, payload, received_at)"
    " VALUES (%s, 'p', 0, 0, 1, 'x', 1) ON CONFLICT DO NOTHING"
)


@pytest.fixture
def store(store_url):
    opened = open_store(store_url)
    yield opened
    opened.close()


def fold(store, run):
    with store.sealing(run.trace_id) as sealing:
        sealing.write(build.sealed(build.summary(run, inbox_rows=len(sealing.inbox()))))


def unfold(store, run):
    """As if the seal had never been: only a search that comes by here again can find it."""
    with store.database.writing() as connection:
        change = text("UPDATE runs SET inbox_rows = 0 WHERE trace_id = :key")
        connection.execute(change, {"key": bytes.fromhex(run.trace_id)})


@pytest.fixture
def committed_late(postgres_url):
    """A transaction that has taken its number, and commits when told to."""
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as slow:
        slow.execute(INSERT, [bytes.fromhex(LATE.trace_id)])
        yield slow.commit


def test_a_row_that_appears_below_a_seen_one_is_found_at_once(postgres_url, committed_late):
    store = open_store(postgres_url)
    store.append([build.row(NEW)])
    assert store.unfolded(10) == [NEW.trace_id]
    fold(store, NEW)
    assert store.unfolded(10) == []
    committed_late()
    assert store.unfolded(10) == [LATE.trace_id]
    store.close()


def test_a_row_that_appears_too_late_for_that_is_found_by_the_next_full_search(
    postgres_url, committed_late, monkeypatch
):
    monkeypatch.setattr(backlog, "LOOK_BACK", 0)
    store = open_store(postgres_url)
    store.append([build.row(NEW)])
    assert store.unfolded(10) == [NEW.trace_id]
    committed_late()
    assert store.unfolded(10) == [NEW.trace_id]
    store._backlog._full_search_at = 0.0
    assert set(store.unfolded(10)) == {NEW.trace_id, LATE.trace_id}
    store.close()


def test_what_was_searched_is_not_searched_again_until_the_next_full_search(store, monkeypatch):
    monkeypatch.setattr(backlog, "LOOK_BACK", 1)
    store.append([build.row(OLD)])
    store.append([build.row(NEW, seq) for seq in range(5)])
    fold(store, OLD)
    fold(store, NEW)
    assert store.unfolded(10) == []
    unfold(store, OLD)
    assert store.unfolded(10) == []
    store._backlog._full_search_at = 0.0
    assert store.unfolded(10) == [OLD.trace_id]


def test_more_than_a_search_may_find_is_found_by_the_next_ones(store, monkeypatch):
    monkeypatch.setattr(backlog, "FOUND_AT_ONCE", 4)
    monkeypatch.setattr(backlog, "LOOK_BACK", 0)
    left = {run.trace_id: run for run in (build.run(str(number)) for number in range(11))}
    store.append([build.row(run) for run in left.values()])
    while waiting := store.unfolded(3):
        for trace_id in waiting:
            fold(store, left.pop(trace_id))
    assert left == {}
