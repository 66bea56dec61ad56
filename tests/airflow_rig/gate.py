"""A door in front of a server, which can be shut: what a network that breaks looks like from the other side.

Programs connect to a TCP port; behind it stands a server with a Unix socket or a port of its own, which never notices.
"""

import socket
import threading
from contextlib import suppress
from pathlib import Path

from tests.airflow_rig.places import free_port


class Gate:
    """Open from the start. `refuse`: nobody gets in. `swallow`: everybody gets in, and nobody hears an answer."""

    def __init__(self, server: Path | tuple[str, int]) -> None:
        self.server = server
        self.port = free_port()
        self._swallowing = False
        self._inside: list[socket.socket] = []
        self._door: socket.socket | None = None
        self.open()

    def open(self) -> None:
        """Let people in. Whoever is still inside from before is thrown out first."""
        self.close()
        self._swallowing = False
        self._door = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._welcome, args=[self._door], daemon=True).start()

    def refuse(self) -> None:
        """Everybody out, the door is gone."""
        self.close()

    def swallow(self) -> None:
        """Nobody is told anything any more."""
        self._swallowing = True

    def close(self) -> None:
        """End the door and every conversation."""
        if self._door is not None:
            # A thread that waits in accept() keeps the socket alive until somebody wakes it.
            with suppress(OSError):
                self._door.shutdown(socket.SHUT_RDWR)
            self._door.close()
            self._door = None
        while self._inside:
            _end(self._inside.pop())

    def _welcome(self, door: socket.socket) -> None:
        while True:
            try:
                guest, _ = door.accept()
            except OSError:
                return
            try:
                host = self._host()
            except OSError:
                _end(guest)
                continue
            self._inside += [guest, host]
            for source, sink in ((guest, host), (host, guest)):
                threading.Thread(target=self._carry, args=[source, sink], daemon=True).start()

    def _host(self) -> socket.socket:
        if isinstance(self.server, tuple):
            return socket.create_connection(self.server)
        host = socket.socket(socket.AF_UNIX)
        try:
            host.connect(str(self.server))
        except OSError:
            host.close()
            raise
        return host

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not self._swallowing:
                    sink.sendall(data)
        if not self._swallowing:
            _end(source)
            _end(sink)


def _end(conversation: socket.socket) -> None:
    with suppress(OSError):
        conversation.shutdown(socket.SHUT_RDWR)
    conversation.close()
