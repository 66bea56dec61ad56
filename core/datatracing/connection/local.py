"""A connection that opens the store itself."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from datatracing.collector.accept import Receipt, accept
from datatracing.collector.records import light, read_part, take_losses, take_parts, unsealed
from datatracing.collector.seal import Sealer
from datatracing.collector.sweep import sweep
from datatracing.connection.asking import Asking
from datatracing.errors import BadInputError
from datatracing.inbox.bounds import REASON
from datatracing.inbox.limits import Limits
from datatracing.model.fate import LedgerEntry
from datatracing.model.manifest import Manifest
from datatracing.model.parts import split
from datatracing.model.token import Token
from datatracing.query.question import Document, Question
from datatracing.query.questions import Questions
from datatracing.query.runs import RUNS, words_of
from datatracing.query.summary import read_page
from datatracing.redact import Redactor
from datatracing.sampling.policy import Policy
from datatracing.store.port import Store
from datatracing.store.search import Page, RunFilter
from datatracing.store.summary import RunSummary


class LocalConnection(Asking):
    """Collector and questions over one store."""

    def __init__(
        self,
        store: Store,
        policy: Policy,
        limits: Limits | None = None,
        redactor: Redactor | None = None,
        namespace: str = "default",
    ) -> None:
        self.store = store
        self.redactor = redactor or Redactor()
        self.limits = limits or Limits()
        self.sealer = Sealer(store, policy, self.limits)
        self.questions = Questions(store, self.sealer, namespace)
        self.url = store.url

    def accept(self, events: Iterable[bytes], token: Token | None = None) -> Receipt:
        """See Connection. `token` bounds what its holder may say; without one everything may be said."""
        return accept(self.store, events, self.limits, self.redactor.event, token)

    def lose(self, entries: Iterable[LedgerEntry], token: Token | None = None) -> None:
        """See Connection."""
        redacted = (self.redactor.record(entry) for entry in entries)
        take_losses(self.store, (replace(entry, reason=entry.reason[:REASON]) for entry in redacted), token)

    def complete(self, manifest: Manifest) -> RunSummary:
        """See Connection."""
        self.keep(manifest)
        return self.sealer.seal(manifest.trace_id) or unsealed(manifest)

    def keep(self, manifest: Manifest) -> None:
        """Store a record, and leave it to others to seal the run."""
        take_parts(self.store, split(manifest), self.limits)

    def take(self, lines: Iterable[bytes], token: Token) -> RunSummary:
        """A manifest, or some parts of one, as JSON, one on each line. Sealed at once where the run is small, else by
        the next sweep. BadInputError where it is refused."""
        parts = [self.redactor.manifest(read_part(line, self.limits)) for line in lines]
        if not parts:
            raise BadInputError("the body holds no manifest")
        take_parts(self.store, parts, self.limits, token)
        trace_id = parts[0].trace_id
        sealed = self.sealer.seal(trace_id) if parts[0].parts == 1 and light(self.store, trace_id) else None
        return sealed or unsealed(parts[0])

    def sweep(self, limit: int = 200) -> int:
        """See Connection."""
        return sweep(self.sealer, limit)

    def summaries(self, trace_ids: Iterable[str]) -> Mapping[str, RunSummary]:
        """See Connection."""
        return {trace_id: run for trace_id in trace_ids if (run := self.store.run(trace_id)) is not None}

    def ask(self, question: Question, run: str = "", **words: Any) -> Document:
        """See Connection."""
        answer = self.questions.ask(question, run, **words)
        document: Document = orjson.loads(answer) if isinstance(answer, bytes) else answer
        return document

    def runs(self, where: RunFilter, limit: int = 50, cursor: str | None = None) -> Page:
        """See Connection. The store itself lists no other runs than `where.visibility` sees, so pages stay whole."""
        words = {**words_of(where), "limit": limit, "cursor": cursor}
        return read_page(self.ask(RUNS, visibility=where.visibility, **words))

    def find(self, run: str) -> str:
        """See Connection."""
        return self.questions.find(run)

    def check(self) -> None:
        """See Connection."""
        self.store.check()

    def close(self) -> None:
        """See Connection."""
        self.store.close()
