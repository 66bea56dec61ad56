"""A connection to a collector elsewhere, over its HTTP API."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from datatracing.collector.accept import Receipt, Refusal
from datatracing.connection.asking import Asking
from datatracing.connection.http import Collector
from datatracing.model import codec
from datatracing.model.fate import LedgerEntry
from datatracing.model.manifest import Manifest
from datatracing.model.parts import split
from datatracing.model.run import parse_run
from datatracing.query.question import Document, Question
from datatracing.query.runs import RUNS, words_of
from datatracing.query.summary import read_page, read_summary
from datatracing.store.search import Page, RunFilter
from datatracing.store.summary import RunSummary

LINES = "application/x-ndjson"
JSON = "application/json"
DELIVERY_BYTES, DELIVERY_LINES = 4 * 1024 * 1024, 5_000
"""In one request, before compression: half of what a collector takes, or less."""
SENT_BYTES = 1024 * 1024
"""Of a body as it is sent."""
LOSSES, IDS = 1_000, 1_000
"""Losses in one report, and ids in one question."""


class RemoteConnection(Asking):
    """See Connection; each method is one route of the API."""

    def __init__(self, url: str, token: str) -> None:
        self._collector = Collector(url, token)
        self.url = self._collector.url

    def accept(self, events: Iterable[bytes]) -> Receipt:
        """See Connection. Many events go as several deliveries; what the first ones stored stays stored."""
        receipts = [self._deliver(body) for lines in _deliveries(events) for body in bodies(lines)]
        return Receipt(
            sum(receipt.accepted for receipt in receipts),
            sum(receipt.duplicate for receipt in receipts),
            tuple(refusal for receipt in receipts for refusal in receipt.rejected),
        )

    def _deliver(self, body: bytes) -> Receipt:
        answer = self._collector.post("/events", body, LINES)
        return Receipt(answer["accepted"], answer["duplicate"], tuple(Refusal(**each) for each in answer["rejected"]))

    def lose(self, entries: Iterable[LedgerEntry]) -> None:
        """See Connection."""
        left = iter(entries)
        while portion := [codec.dumps(entry) for entry in islice(left, LOSSES)]:
            for body in bodies(portion):
                self._collector.post("/losses", body, LINES)

    def complete(self, manifest: Manifest) -> RunSummary:
        """See Connection. A large record goes in parts, and has no verdict yet: the collector's sweep seals it."""
        parts = (codec.dumps(part) for part in split(manifest))
        answers = [
            self._collector.post("/manifests", body, LINES) for lines in _deliveries(parts) for body in bodies(lines)
        ]
        return read_summary(answers[-1])

    def sweep(self, limit: int = 200) -> int:  # noqa: ARG002  # the port's signature: the collector sweeps by itself
        """Nothing to do from here: the collector sweeps its store by itself."""
        return 0

    def summaries(self, trace_ids: Iterable[str]) -> Mapping[str, RunSummary]:
        """See Connection."""
        found: dict[str, RunSummary] = {}
        left = iter(trace_ids)
        while portion := list(islice(left, IDS)):
            body = gzip.compress(json.dumps({"trace_ids": portion}).encode(), 1)
            runs = self._collector.post("/summaries", body, JSON)["runs"]
            found.update((trace_id, read_summary(document)) for trace_id, document in runs.items())
        return found

    def ask(self, question: Question, run: str = "", **words: Any) -> Document:
        """See Connection. The collector knows what this reader may see."""
        path = question.path
        if question.of_run:
            wanted = parse_run(run)
            path = path.format(trace_id=wanted if isinstance(wanted, str) else self.find(run))
        document: Document = self._collector.get(path, **words)
        return document

    def runs(self, where: RunFilter, limit: int = 50, cursor: str | None = None) -> Page:
        """See Connection. The collector knows what this reader may see; `where.visibility` narrows it further."""
        page = read_page(self.ask(RUNS, **words_of(where), limit=limit, cursor=cursor))
        return Page(tuple(run for run in page.runs if where.visibility.sees(run.run)), page.cursor)

    def find(self, run: str) -> str:
        """See Connection."""
        trace_id: str = self._collector.get("/find", run=run)["trace_id"]
        return trace_id

    def check(self) -> None:
        """See Connection: the collector answers, its store does, and the token opens it."""
        self._collector.healthy()
        self._collector.get("/runs", limit=1)

    def close(self) -> None:
        """Nothing is held open between calls."""


def _deliveries(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    delivery: list[bytes] = []
    size = 0
    for line in lines:
        if delivery and (size + len(line) > DELIVERY_BYTES or len(delivery) == DELIVERY_LINES):
            yield delivery
            delivery, size = [], 0
        delivery.append(line)
        size += len(line) + 1
    if delivery:
        yield delivery


def bodies(lines: list[bytes]) -> list[bytes]:
    """As gzip, halved until each is as small as a collector takes it; one line that will not go is the collector's to
    refuse."""
    body = gzip.compress(b"\n".join(lines), 1)
    if len(body) <= SENT_BYTES or len(lines) == 1:
        return [body]
    half = len(lines) // 2
    return bodies(lines[:half]) + bodies(lines[half:])
