"""For those who test against DataTracing, or write a store for it: builders, and the suite that defines a store.

from datatracing.testing import StoreContract

class TestMyStore(StoreContract):
    cannot = frozenset({"share"})

    @pytest.fixture
    def store(self):
        yield MyStore()
"""

import pytest

pytest.register_assert_rewrite("datatracing.testing.contract")

from datatracing.testing.contract import StoreContract  # noqa: E402 - its asserts are rewritten only if it comes second

__all__ = ["StoreContract"]
