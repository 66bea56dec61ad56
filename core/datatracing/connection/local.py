"""A connection that opens the store itself."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from datatracing.access.visibility import EVERYTHING, Visibility
from datatracing.collector.accept import Receipt, accept
from datatracing.collector.records import light, read_part, take_losses, take_parts, unsealed
from datatracing.collector.seal import Sealer
from datatracing.collector.sweep import sweep
from datatracing.errors import BadInputError
from datatracing.inbox.bounds import REASON
from datatracing.inbox.limits import Limits
from datatracing.model.fate import LedgerEntry
from datatracing.model.manifest import Manifest
from datatracing.model.parts import split
from datatracing.model.token import Token
from datatracing.query.document import trace_document, trace_json
from datatracing.query.find import find
from datatracing.query.freshness import Freshness
from datatracing.query.why import why
from datatracing.redact import Redactor
from datatracing.sampling.policy import Policy
from datatracing.store.port import Page, RunFilter, RunSummary, Store


class LocalConnection:
    """Collector and queries over one store; `visibility` is that of the reader for whom is asked."""

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
        self.freshness = Freshness(store, self.sealer.seal, namespace)
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

    def runs(self, where: RunFilter, limit: int = 50, cursor: str | None = None) -> Page:
        """See Connection."""
        self.freshness.refresh()
        return self.store.runs(where, limit, cursor)

    def find(self, run: str, visibility: Visibility = EVERYTHING) -> str:
        """See Connection."""
        self.freshness.refresh(run)
        return find(self.store, run, visibility)

    def trace(self, trace_id: str) -> dict[str, Any]:
        """See Connection."""
        self.freshness.refresh(trace_id)
        return trace_document(self.store, self.sealer, trace_id, EVERYTHING)

    def trace_json(self, trace_id: str, visibility: Visibility = EVERYTHING) -> bytes:
        """The trace document as it goes over the wire."""
        self.freshness.refresh(trace_id)
        return trace_json(self.store, self.sealer, trace_id, visibility)

    def why(self, trace_id: str, visibility: Visibility = EVERYTHING) -> dict[str, Any]:
        """See Connection."""
        self.freshness.refresh(trace_id)
        return why(self.store, trace_id, visibility)

    def check(self) -> None:
        """See Connection."""
        self.store.check()

    def close(self) -> None:
        """See Connection."""
        self.store.close()
