"""A connection that opens the store itself."""

from collections.abc import Iterable, Mapping
from typing import Any

from datatracing.access.visibility import EVERYTHING
from datatracing.collector.accept import Receipt, accept
from datatracing.collector.limits import Limits
from datatracing.collector.packing import pack_manifest
from datatracing.collector.seal import Sealer
from datatracing.collector.sweep import sweep
from datatracing.errors import NotFoundError
from datatracing.model import clock
from datatracing.model.fate import LedgerEntry
from datatracing.model.manifest import Manifest
from datatracing.model.run import RunName, RunRef, parse_run
from datatracing.query.document import trace_document
from datatracing.query.find import find
from datatracing.query.why import why
from datatracing.redact import Redactor
from datatracing.sampling.policy import Policy
from datatracing.store.port import Page, RunFilter, RunSummary, Store


class LocalConnection:
    """Collector and queries over one store."""

    def __init__(
        self, store: Store, policy: Policy, limits: Limits | None = None, redactor: Redactor | None = None
    ) -> None:
        self.store = store
        self.redactor = redactor or Redactor()
        self.limits = limits or Limits()
        self.sealer = Sealer(store, policy, self.limits)
        self.url = store.url

    def accept(self, events: Iterable[bytes]) -> Receipt:
        """See Connection."""
        return accept(self.store, events, self.limits, self.redactor.event)

    def lose(self, entries: Iterable[LedgerEntry]) -> None:
        """See Connection."""
        self.store.record(list(map(self.redactor.record, entries)))

    def complete(self, manifest: Manifest) -> RunSummary:
        """See Connection."""
        self.store.append([pack_manifest(manifest, clock.now())])
        sealed = self.sealer.seal(manifest.trace_id)
        assert sealed is not None, "the manifest that was just stored is readable"
        return sealed

    def sweep(self, limit: int = 200) -> int:
        """See Connection."""
        return sweep(self.sealer, limit)

    def summaries(self, trace_ids: Iterable[str]) -> Mapping[str, RunSummary]:
        """See Connection."""
        return {trace_id: run for trace_id in trace_ids if (run := self.store.run(trace_id)) is not None}

    def runs(self, where: RunFilter, limit: int = 50, cursor: str | None = None) -> Page:
        """See Connection."""
        return self.store.runs(where, limit, cursor)

    def find(self, run: str) -> str:
        """See Connection."""
        try:
            return find(self.store, run, EVERYTHING)
        except NotFoundError:
            if not self._folded(run):
                raise
        return find(self.store, run, EVERYTHING)

    def _folded(self, run: str) -> bool:
        """What a run's own process has delivered waits for a sweep, and where no server runs nobody sweeps."""
        wanted = parse_run(run)
        if isinstance(wanted, RunName):
            wanted = RunRef(wanted.orchestrator, "default", wanted.pipeline, wanted.run_key).trace_id
        return bool(self.store.inbox(wanted)) and self.sealer.seal(wanted) is not None

    def trace(self, trace_id: str) -> dict[str, Any]:
        """See Connection."""
        return trace_document(self.store, self.sealer, trace_id, EVERYTHING)

    def why(self, trace_id: str) -> dict[str, Any]:
        """See Connection."""
        return why(self.store, trace_id, EVERYTHING)

    def check(self) -> None:
        """See Connection."""
        self.store.check()

    def close(self) -> None:
        """See Connection."""
        self.store.close()
