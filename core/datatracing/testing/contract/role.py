"""What the suites of all roles share."""

from collections.abc import Callable
from typing import ClassVar

import pytest

from datatracing.store.port import Can, Store
from datatracing.testing.contract.needs import lacking, needed

SUITES = __name__.rpartition(".")[0]


class Role:
    """Subclass a suite, name it Test..., and give it a `store`: an empty one for every test.

    It is filled through the port: a reader that is filled in another way gives an object that passes on what is
    written. What an adapter cannot do is declared in `can` and `cannot`; such tests are then not there at all, rather
    than skipped.
    """

    can: ClassVar[Can] = Can.LEAST
    """As the store itself says."""
    cannot: ClassVar[frozenset[str]] = frozenset()
    """`share`: a second opening of the same place sees what the first one wrote."""

    def __init_subclass__(cls) -> None:
        """Take away the tests of what this adapter cannot do. The suites themselves keep theirs."""
        super().__init_subclass__()
        for name in dir(cls) if cls.__module__ != SUITES else ():
            if name.startswith("test_") and needed(getattr(cls, name)) & (cls.cannot | lacking(cls.can)):
                setattr(cls, name, None)

    @pytest.fixture
    def store(self) -> Store:
        """An empty store; the subclass closes it when the test is over."""
        raise NotImplementedError(f"{type(self).__name__} must give a fixture `store`")

    @pytest.fixture
    def open_again(self, store: Store) -> Callable[[], Store]:
        """Opens the place of `store` once more. Not asked for when the adapter cannot `share`."""
        raise NotImplementedError(f"{type(self).__name__} must give a fixture `open_again`, or declare `share`")
