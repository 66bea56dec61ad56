"""Imports that the shipper's thread makes, kept apart from forks of the host.

Python does not free a module's import lock in a forked child. A child that is forked while the thread imports the
database driver would wait for ever at its own `import psycopg`: the user's code as much as ours. So a fork waits until
the import is over, which happens once per process and takes a tenth of a second.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

PATIENCE = 5.0
"""Seconds after which the host forks all the same."""


class _Turnstile:
    """Who is in: the thread that imports, or the one that forks."""

    def __init__(self) -> None:
        self.lock = RLock()
        self._held = False

    def before_fork(self) -> None:
        self._held = self.lock.acquire(timeout=PATIENCE)

    def after_in_parent(self) -> None:
        if self._held:
            self.lock.release()

    def after_in_child(self) -> None:
        self.lock = RLock()


_turnstile = _Turnstile()


@contextmanager
def importing() -> Iterator[None]:
    """Around every import that is not made when capture itself is loaded."""
    with _turnstile.lock:
        yield


os.register_at_fork(
    before=_turnstile.before_fork,
    after_in_parent=_turnstile.after_in_parent,
    after_in_child=_turnstile.after_in_child,
)
