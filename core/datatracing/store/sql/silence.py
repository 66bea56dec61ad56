"""A bound for what a driver waits for without end: a Postgres server that has taken a request and says nothing.

Keepalives do not notice it, since something acknowledges them: a server that is stopped, a proxy in front of nothing.
"""

import time
from collections.abc import Callable, Generator
from typing import Any

from psycopg import Connection, OperationalError


def bounded(seconds: float) -> type[Connection[Any]]:
    """A kind of connection that ends itself when its server says nothing for that long. Raises OperationalError."""

    class Bounded(Connection[Any]):
        def wait(self, gen: Generator[Any, Any, Any], *words: Any, **named: Any) -> Any:
            """All that a connection ever waits for, but for being made, goes through here."""
            return super().wait(_heard(gen, seconds, self.close), *words, **named)

    return Bounded


def _heard(waiting: Generator[Any, Any, Any], seconds: float, hang_up: Callable[[], None]) -> Generator[Any, Any, Any]:
    """The driver asks a generator what to wait for, and several times a second tells it that nothing came."""
    until = time.monotonic() + seconds
    try:
        wanted = next(waiting)
        while True:
            came = yield wanted
            if came:
                until = time.monotonic() + seconds
            elif time.monotonic() > until:
                hang_up()
                raise OperationalError(f"the server has said nothing for {seconds:g} s: the request timed out")
            wanted = waiting.send(came)
    except StopIteration as over:
        return over.value
