"""The suite that defines a store (law 9): every sentence of the port, as tests.

A subclass gives the fixture `store`: an empty one for every test. An adapter that keeps its data somewhere also gives
`open_again`, a function that opens the same place once more. What an adapter cannot do is declared in `cannot`; such
tests are then not there at all, rather than skipped.
"""

from collections.abc import Callable

import pytest

from datatracing.store.port import Store
from datatracing.testing.contract.identity import IdentityContract
from datatracing.testing.contract.inbox import InboxContract
from datatracing.testing.contract.ledger import LedgerContract
from datatracing.testing.contract.links import LinksContract
from datatracing.testing.contract.needs import needed
from datatracing.testing.contract.runs import RunsContract
from datatracing.testing.contract.sealing import SealingContract
from datatracing.testing.contract.sharing import SharingContract
from datatracing.testing.contract.unfolded import UnfoldedContract


class StoreContract(
    InboxContract,
    UnfoldedContract,
    SealingContract,
    RunsContract,
    LinksContract,
    LedgerContract,
    IdentityContract,
    SharingContract,
):
    """Subclass it, name it Test..., and give it a `store`."""

    cannot: frozenset[str] = frozenset()
    """`share`: a second opening of the same place sees what the first one wrote."""

    def __init_subclass__(cls) -> None:
        """Take away the tests of what this adapter cannot do."""
        super().__init_subclass__()
        for name in dir(cls):
            if name.startswith("test_") and needed(getattr(cls, name)) & cls.cannot:
                setattr(cls, name, None)

    @pytest.fixture
    def store(self) -> Store:
        """An empty store; the subclass closes it when the test is over."""
        raise NotImplementedError(f"{type(self).__name__} must give a fixture `store`")

    @pytest.fixture
    def open_again(self, store: Store) -> Callable[[], Store]:
        """Opens the place of `store` once more. Not asked for when the adapter cannot `share`."""
        raise NotImplementedError(f"{type(self).__name__} must give a fixture `open_again`, or declare `share`")
