"""A collector over HTTP, with the standard library alone: where a process sends its own events, and the agent all."""

import gzip
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from datatracing.capture.settings import CaptureSettings
from datatracing.errors import BadInputError, StoreUnreachableError

EVENTS = "/api/v1/events"
LOSSES = "/api/v1/losses"
MANIFESTS = "/api/v1/manifests"
LINES = "application/x-ndjson"
ANSWER_LIMIT = 64 * 1024
NOT_A_VERDICT = frozenset({401, 403, 404, 405, 407, 408, 421, 425, 426, 429})
"""Client errors that say something about the address, the token or the moment, and nothing about the batch."""


class CollectorClient:
    """One connection, opened when it is needed; redirects are not followed, because the token would go along.

    StoreUnreachableError: try the same again later. BadInputError: the collector will never take this.
    """

    def __init__(self, settings: CaptureSettings) -> None:
        parts = urlsplit(settings.store)
        try:
            self._host, self._port = parts.hostname or "", parts.port
        except ValueError as error:
            raise StoreUnreachableError("the store is not the address of a collector") from error
        if not self._host:
            raise StoreUnreachableError("the address of the collector names no host")
        self.url = f"{parts.scheme}://{self._host}{f':{self._port}' if self._port else ''}{parts.path}"
        self._secure = parts.scheme.lower() == "https"
        self._base = parts.path.rstrip("/")
        self._timeouts = settings.connect_timeout, settings.send_timeout
        self._headers = {"Content-Type": LINES, "Content-Encoding": "gzip"}
        if settings.token:
            self._headers["Authorization"] = f"Bearer {settings.token}"
        self._connection: HTTPConnection | None = None

    @property
    def descriptor(self) -> int:
        """Of the socket, connected if it was not."""
        return int(self._connected().sock.fileno())

    def post(self, path: str, lines: Sequence[bytes]) -> bytes:
        """The answer to a body that was taken."""
        try:
            status, answer = self._exchange(self._base + path, gzip.compress(b"\n".join(lines), 1))
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            # The text of a ValueError would quote the header with the token.
            why = type(error).__name__ if isinstance(error, ValueError) else str(error)
            raise StoreUnreachableError(f"the collector {self.url} does not answer: {why}") from error
        if 200 <= status < 300:
            # A login page answers 200 too; only an answer of our own lets go of the events.
            if answer.startswith(b"{"):
                return answer
            raise StoreUnreachableError(f"{self.url} answers, but not as a DataTracing collector does")
        self.close()
        raise self._refusal(status)

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _exchange(self, target: str, body: bytes) -> tuple[int, bytes]:
        connection = self._connected()
        connection.request("POST", target, body, self._headers)
        response = connection.getresponse()
        return response.status, response.read(ANSWER_LIMIT)

    def _connected(self) -> HTTPConnection:
        if self._connection is None or self._connection.sock is None:
            kind: Any = HTTPSConnection if self._secure else HTTPConnection
            connection: HTTPConnection = kind(self._host, self._port, timeout=self._timeouts[0])
            try:
                connection.connect()
            except OSError as error:
                raise StoreUnreachableError(f"the collector {self.url} does not answer: {error}") from error
            connection.sock.settimeout(self._timeouts[1])
            self._connection = connection
        return self._connection

    def _refusal(self, status: int) -> Exception:
        if status in {401, 403}:
            return StoreUnreachableError(f"the collector {self.url} refused the token: set DATATRACING_TOKEN")
        if 400 <= status < 500 and status not in NOT_A_VERDICT:
            return BadInputError(f"HTTP {status}")
        return StoreUnreachableError(f"the collector {self.url} answers HTTP {status}")
