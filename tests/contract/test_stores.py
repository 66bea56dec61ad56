"""Law 9: one model, many stores. What each of ours cannot do is declared here, and nowhere else."""

import pytest

from datatracing.store.memory import MemoryStore
from datatracing.store.port import EVERY, Can
from datatracing.store.registry import open_store
from datatracing.testing import ReaderSuite, StoreContract


class TestMemory(StoreContract):
    can = EVERY
    cannot = frozenset({"share"})

    @pytest.fixture
    def store(self):
        return MemoryStore()


class Shared(StoreContract):
    """Openings of one URL."""

    can = EVERY

    @pytest.fixture
    def opened(self):
        opened = []
        yield opened
        for each in opened:
            each.close()

    @pytest.fixture
    def open_again(self, url, opened):
        def open_it():
            opened.append(open_store(url))
            return opened[-1]

        return open_it

    @pytest.fixture
    def store(self, open_again):
        return open_again()


class TestSqlite(Shared):
    @pytest.fixture
    def url(self, sqlite_url):
        return sqlite_url


class TestPostgres(Shared):
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url


def test_law_9_only_what_is_declared_is_left_out():
    everything = {name for name in dir(StoreContract) if name.startswith("test_")}
    for suite in (TestMemory, TestSqlite, TestPostgres):
        left_out = {name for name in everything if getattr(suite, name) is None}
        assert bool(left_out) == bool(suite.cannot)
        assert len(everything) - len(left_out) > 70


def test_law_9_a_reader_that_declares_nothing_is_asked_for_the_least():
    class Archive(ReaderSuite):
        """Runs by their ids, and no more."""

    class Searchable(ReaderSuite):
        can = Can.SEARCH

    def left(suite):
        return {name for name in dir(suite) if name.startswith("test_") and getattr(suite, name)}

    assert "test_what_was_written_is_read" in left(Archive)
    assert not any("alias" in name or "page" in name or "law_5" in name for name in left(Archive))
    more = left(Searchable) - left(Archive)
    assert "test_each_field_restricts" in more
    assert not any("alias" in name or "law_5" in name for name in more)
    assert left(Searchable) < left(StoreContract) | left(Searchable)


def test_law_9_what_a_store_says_of_itself_is_what_it_is_tested_for(sqlite_url):
    opened = open_store(sqlite_url)
    assert (opened.can, MemoryStore().can) == (TestSqlite.can, TestMemory.can)
    opened.close()
