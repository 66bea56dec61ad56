"""To a collector over HTTP."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from datatracing.agent.sinks.deadline import deadline
from datatracing.agent.sinks.port import Receipt
from datatracing.capture.collector import EVENTS, LOSSES, MANIFESTS, CollectorClient
from datatracing.capture.frame import Frame
from datatracing.errors import StoreUnreachableError
from datatracing.inbox.packing import Unbroken
from datatracing.model import codec
from datatracing.model.fate import LedgerEntry
from datatracing.model.parts import lines_of

if TYPE_CHECKING:
    from datatracing.capture import CaptureSettings

REPORTED = 1_000
"""Losses in one request."""


class CollectorSink:
    """The collector folds by itself what it takes."""

    def __init__(self, settings: "CaptureSettings") -> None:
        self._client = CollectorClient(settings)
        self._seconds = settings.send_timeout

    def send(self, rows: Sequence[Unbroken]) -> Receipt:
        """One request."""
        answer = self._post(EVENTS, [event for row in rows for event in row.events])
        try:
            said = json.loads(answer)
            rejected = sum(each["count"] for each in said.get("rejected", ()))
            return Receipt(said["accepted"] + said["duplicate"], rejected)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StoreUnreachableError(
                f"{self._client.url} answers, but not as a DataTracing collector does"
            ) from error

    def complete(self, manifest: Frame) -> None:
        """A request for each part; the collector seals the run when it has them all."""
        for part in lines_of(manifest.json):
            self._post(MANIFESTS, [part])

    def report(self, entries: Sequence[LedgerEntry]) -> None:
        """A request for every thousand."""
        for start in range(0, len(entries), REPORTED):
            self._post(LOSSES, [codec.dumps(entry) for entry in entries[start : start + REPORTED]])

    def fold(self, trace_ids: Iterable[str]) -> None:
        """Nothing to do from here."""

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _post(self, path: str, lines: Sequence[bytes]) -> bytes:
        with deadline(self._client.descriptor, self._seconds):
            return self._client.post(path, lines)
