"""Stores that are not there: nobody listens, or somebody listens and never says a word."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def refused() -> Iterator[str]:
    """A URL whose port is bound, so nobody else takes it, but not listened on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield url(bound)


@contextmanager
def black_hole() -> Iterator[str]:
    """A URL that connects at once; what is sent there is never answered."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        yield url(listener)


def url(listener: socket.socket) -> str:
    return f"postgresql+psycopg://nobody:nothing@127.0.0.1:{listener.getsockname()[1]}/nowhere"
