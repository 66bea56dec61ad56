"""For those who test against DataTracing, or write a store for it: builders, and the suites that define a store.

from datatracing.testing import StoreContract

class TestMyStore(StoreContract):  # or ReaderSuite, InboxSuite, ...
    can = Can.SEARCH | Can.DETAIL
    cannot = frozenset({"share"})

    @pytest.fixture
    def store(self):
        yield MyStore()
"""

import pytest

pytest.register_assert_rewrite("datatracing.testing.contract")

from datatracing.testing.contract import (  # noqa: E402 - their asserts are rewritten only if they come second
    InboxSuite,
    LedgerSuite,
    ReaderSuite,
    StoreContract,
    TokensSuite,
)

__all__ = ["InboxSuite", "LedgerSuite", "ReaderSuite", "StoreContract", "TokensSuite"]
