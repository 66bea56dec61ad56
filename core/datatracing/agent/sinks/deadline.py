"""A bound for what a driver would wait for without end: a server that has taken the request and says nothing."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer


@contextmanager
def deadline(descriptor: int, seconds: float) -> Iterator[None]:
    """Shut the socket behind `descriptor` down after that time; whoever waits on it then sees a broken connection."""
    # A copy, because the driver may close its own and the number may be given to somebody else.
    copy = socket.socket(fileno=os.dup(descriptor))
    timer = Timer(seconds, _shut, [copy])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        copy.close()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # it is closed already, which is what is wanted
        connection.shutdown(socket.SHUT_RDWR)
