"""Calls to a collector over HTTP, and what its answers mean.

http.client and not urllib: urllib follows a redirect to another host and sends the token along.
"""

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from datatracing.context.address import masked
from datatracing.errors import BadInputError, DataTracingError, NotFoundError, StoreUnreachableError

API = "/api/v1"
TIMEOUT = 30.0
LATER = frozenset({408, 425, 429})
"""Client errors that say something about the moment, and nothing about what was sent."""
ANSWER_LIMIT = 1024 * 1024 * 1024
"""Bytes of one answer: a trace of 100,000 spans has some 100 MB."""


class Collector:
    """One collector. A connection per call: the calls of a command line or a watcher are few and far between."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise BadInputError(
                f"{masked(url)!r} is not the address of a collector: write it as https://host/datatracing"
            )
        self._connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._port = parts.hostname, _port(url)
        self._base = parts.path.rstrip("/")
        self._token = token
        where = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"{parts.scheme}://{where}{f':{self._port}' if self._port else ''}{self._base}"

    def get(self, path: str, **query: Any) -> Any:
        """The decoded answer. NotFoundError, BadInputError or StoreUnreachableError otherwise."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._call("GET", f"{API}{path}" + (f"?{urlencode(given)}" if given else ""), None, {})

    def post(self, path: str, body: bytes, content_type: str) -> Any:
        """Send a body that is gzip. Answers as `get` does."""
        headers = {"Content-Type": content_type, "Content-Encoding": "gzip"}
        return self._call("POST", f"{API}{path}", body, headers)

    def healthy(self) -> Any:
        """What the collector says of itself and its store."""
        return self._call("GET", "/healthz", None, {})

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        status, location, answer = self._exchange(method, self._base + path, body, self._headers(headers))
        if 300 <= status < 400:
            raise StoreUnreachableError(f"{self.url} moved to {location}: use the collector's own address as the store")
        document = self._decoded(answer)
        if status < 300:
            return document
        raise self._refusal(status, document)

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        authorization = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return {"Accept": "application/json", **authorization, **more}

    def _exchange(
        self, method: str, target: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, str | None, bytes]:
        connection = self._connect(self._host, self._port, timeout=TIMEOUT)
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            return response.status, response.headers.get("Location"), response.read(ANSWER_LIMIT)
        except (OSError, HTTPException, ValueError) as error:
            raise StoreUnreachableError(f"the collector {self.url} does not answer: {error}") from error
        finally:
            connection.close()

    def _decoded(self, answer: bytes) -> Any:
        try:
            return json.loads(answer or b"null")
        except (ValueError, RecursionError) as error:
            raise StoreUnreachableError(f"{self.url} answers, but not as a DataTracing collector does") from error

    def _refusal(self, status: int, document: Any) -> DataTracingError:
        if not isinstance(document, dict) or "status" not in document:
            return StoreUnreachableError(f"{self.url} answers {status}, but not as a DataTracing collector does")
        detail = str(document.get("detail") or document.get("title") or status)
        if status in {401, 403}:
            return StoreUnreachableError(
                f"the collector {self.url} refused the token ({detail}): set DATATRACING_TOKEN to one that may do this "
                "(`datatracing tokens create` makes one)"
            )
        if status == 404:
            return NotFoundError(detail)
        if status < 500 and status not in LATER:
            return BadInputError(detail)
        return StoreUnreachableError(f"the collector {self.url} cannot answer: {detail}")


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError as error:
        raise BadInputError(f"{masked(url)!r} has no proper port: {error}") from error
