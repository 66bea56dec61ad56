"""Law 9: one model, many stores. What each of ours cannot do is declared here, and nowhere else."""

import pytest

from datatracing.store.memory import MemoryStore
from datatracing.store.registry import open_store
from datatracing.testing import StoreContract


class TestMemory(StoreContract):
    cannot = frozenset({"share"})

    @pytest.fixture
    def store(self):
        return MemoryStore()


class Shared(StoreContract):
    """Openings of one URL."""

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
