"""To a collector over HTTP."""

import gzip
import json
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from datatracing.capture.packing import Row
from datatracing.capture.record import Record
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.sinks.address import masked
from datatracing.capture.sinks.deadline import deadline
from datatracing.capture.sinks.port import Receipt
from datatracing.errors import BadInputError, StoreUnreachableError
from datatracing.model import codec
from datatracing.model.fate import LedgerEntry

EVENTS = "/api/v1/events"
LOSSES = "/api/v1/losses"
MANIFESTS = "/api/v1/manifests"
ANSWER_LIMIT = 64 * 1024
NOT_A_VERDICT = frozenset({401, 403, 404, 405, 407, 408, 421, 425, 426, 429})
"""Client errors that say something about the address, the token or the moment, and nothing about the batch."""


class CollectorSink:
    """One connection per delivery; redirects are not followed, because the token would go along."""

    def __init__(self, settings: CaptureSettings) -> None:
        try:
            parts = urlsplit(settings.store)
            self._port = parts.port
        except ValueError as error:
            raise StoreUnreachableError(f"{masked(settings.store)!r} is not the address of a collector") from error
        if not parts.hostname:
            raise StoreUnreachableError(f"{masked(settings.store)!r} names no host")
        self._host = parts.hostname
        self._secure = parts.scheme == "https"
        self._base = parts.path.rstrip("/")
        self._url = masked(settings.store)
        self._timeouts = settings.connect_timeout, settings.send_timeout
        self._headers = {"Content-Encoding": "gzip"}
        if settings.token:
            self._headers["Authorization"] = f"Bearer {settings.token}"
        self._connection: HTTPConnection | None = None

    def send(self, rows: Sequence[Row]) -> Receipt:
        """One request."""
        answer = self._post(EVENTS, [record.json for row in rows for record in row.records])
        try:
            said = json.loads(answer)
            return Receipt(said["accepted"], said["duplicate"], sum(each["count"] for each in said.get("rejected", ())))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            # A login page answers 200 too; only an answer of our own lets go of the events.
            raise StoreUnreachableError(f"{self._url} answers, but not as a DataTracing collector does") from error

    def complete(self, manifest: Record) -> None:
        """One request; the collector seals the run with it."""
        answer = self._post(MANIFESTS, [manifest.json], "application/json")
        if not answer.startswith(b"{"):
            raise StoreUnreachableError(f"{self._url} answers, but not as a DataTracing collector does")

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """One request."""
        self._post(LOSSES, [codec.dumps(entry) for entry in entries])

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _post(self, path: str, lines: Sequence[bytes], content_type: str = "application/x-ndjson") -> bytes:
        try:
            status, answer = self._exchange(self._base + path, gzip.compress(b"\n".join(lines), 1), content_type)
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            # The text of a ValueError would quote the header with the token.
            why = type(error).__name__ if isinstance(error, ValueError) else str(error)
            raise StoreUnreachableError(f"the collector {self._url} does not answer: {why}") from error
        if 200 <= status < 300:
            return answer
        self.close()
        raise self._refusal(status)

    def _exchange(self, target: str, body: bytes, content_type: str) -> tuple[int, bytes]:
        if self._connection is None or self._connection.sock is None:
            self._connection = self._connect()
        connection = self._connection
        with deadline(connection.sock.fileno(), self._timeouts[1]):
            connection.request("POST", target, body, {"Content-Type": content_type, **self._headers})
            response = connection.getresponse()
            return response.status, response.read(ANSWER_LIMIT)

    def _connect(self) -> HTTPConnection:
        kind: Any = HTTPSConnection if self._secure else HTTPConnection
        connection: HTTPConnection = kind(self._host, self._port, timeout=self._timeouts[0])
        connection.connect()
        connection.sock.settimeout(self._timeouts[1])
        return connection

    def _refusal(self, status: int) -> Exception:
        if status in {401, 403}:
            return StoreUnreachableError(f"the collector {self._url} refused the token: set DATATRACING_TOKEN")
        if 400 <= status < 500 and status not in NOT_A_VERDICT:
            return BadInputError(f"HTTP {status}")
        return StoreUnreachableError(f"the collector {self._url} answers HTTP {status}")
