"""A connection to a collector elsewhere, over its HTTP API."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from datatracing.collector.accept import Receipt, Refusal
from datatracing.connection.http import Collector
from datatracing.model import codec
from datatracing.model.clock import rfc3339
from datatracing.model.fate import LedgerEntry
from datatracing.model.manifest import Manifest
from datatracing.query.summary import read_page, read_summary
from datatracing.store.port import Page, RunFilter, RunSummary

LINES = "application/x-ndjson"
JSON = "application/json"
DELIVERY_BYTES = 4 * 1024 * 1024
"""Of events in one request, before compression."""


class RemoteConnection:
    """See Connection; each method is one route of the API."""

    def __init__(self, url: str, token: str) -> None:
        self._collector = Collector(url, token)
        self.url = self._collector.url

    def accept(self, events: Iterable[bytes]) -> Receipt:
        """See Connection. Many events go as several deliveries; what the first ones stored stays stored."""
        receipts = [self._deliver(lines) for lines in _deliveries(events)]
        return Receipt(
            sum(receipt.accepted for receipt in receipts),
            sum(receipt.duplicate for receipt in receipts),
            tuple(refusal for receipt in receipts for refusal in receipt.rejected),
        )

    def _deliver(self, lines: list[bytes]) -> Receipt:
        answer = self._collector.post("/events", b"\n".join(lines), LINES)
        return Receipt(answer["accepted"], answer["duplicate"], tuple(Refusal(**each) for each in answer["rejected"]))

    def lose(self, entries: Iterable[LedgerEntry]) -> None:
        """See Connection."""
        if body := b"\n".join(codec.dumps(entry) for entry in entries):
            self._collector.post("/losses", body, LINES)

    def complete(self, manifest: Manifest) -> RunSummary:
        """See Connection."""
        return read_summary(self._collector.post("/manifests", codec.dumps(manifest), JSON))

    def sweep(self, limit: int = 200) -> int:  # noqa: ARG002  # the port's signature: the collector sweeps by itself
        """Nothing to do from here: the collector sweeps its store by itself."""
        return 0

    def summaries(self, trace_ids: Iterable[str]) -> Mapping[str, RunSummary]:
        """See Connection."""
        found = self._collector.post("/summaries", json.dumps({"trace_ids": list(trace_ids)}).encode(), JSON)
        return {trace_id: read_summary(document) for trace_id, document in found["runs"].items()}

    def runs(self, where: RunFilter, limit: int = 50, cursor: str | None = None) -> Page:
        """See Connection. The collector knows what this reader may see; `where.visibility` narrows it further."""
        page = read_page(self._collector.get("/runs", **_query(where), limit=limit, cursor=cursor))
        return Page(tuple(run for run in page.runs if where.visibility.sees(run.run)), page.cursor)

    def find(self, run: str) -> str:
        """See Connection."""
        trace_id: str = self._collector.get("/find", run=run)["trace_id"]
        return trace_id

    def trace(self, trace_id: str) -> dict[str, Any]:
        """See Connection."""
        document: dict[str, Any] = self._collector.get(f"/traces/{trace_id}")
        return document

    def why(self, trace_id: str) -> dict[str, Any]:
        """See Connection."""
        document: dict[str, Any] = self._collector.get(f"/traces/{trace_id}/why")
        return document

    def check(self) -> None:
        """See Connection: the collector answers, its store does, and the token opens it."""
        self._collector.healthy()
        self._collector.get("/runs", limit=1)

    def close(self) -> None:
        """Nothing is held open between calls."""


def _query(where: RunFilter) -> dict[str, Any]:
    return {
        "orchestrator": where.orchestrator,
        "namespace": where.namespace,
        "pipeline": where.pipeline,
        "run_key": where.run_key,
        "state": where.state.value if where.state else None,
        "since": rfc3339(where.since),
        "slower_than": None if where.slower_than is None else f"{where.slower_than / 1_000:.3f}ms",
    }


def _deliveries(events: Iterable[bytes]) -> Iterator[list[bytes]]:
    lines: list[bytes] = []
    size = 0
    for event in events:
        if lines and size + len(event) > DELIVERY_BYTES:
            yield lines
            lines, size = [], 0
        lines.append(event)
        size += len(event) + 1
    if lines:
        yield lines
