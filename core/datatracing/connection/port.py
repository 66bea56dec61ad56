"""What a program does with DataTracing, wherever the store is."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from datatracing.collector.accept import Receipt
from datatracing.model.fate import LedgerEntry
from datatracing.model.manifest import Manifest
from datatracing.query.question import Document, Question
from datatracing.store.search import Page, RunFilter
from datatracing.store.summary import RunSummary


class Connection(Protocol):
    """Safe to use from many threads. Every method raises StoreUnreachableError when nothing answers."""

    url: str
    """How it was opened, with any password masked."""

    def accept(self, events: Iterable[bytes]) -> Receipt:
        """Store events, each one JSON as `model.codec.dumps` writes it. Durable on return."""

    def lose(self, entries: Iterable[LedgerEntry]) -> None:
        """Record what a producer could not deliver."""

    def complete(self, manifest: Manifest) -> RunSummary:
        """The orchestrator's final record of a run has been read: store it and seal the run."""

    def sweep(self, limit: int = 200) -> int:
        """Open runs that have begun, seal again where events came late; how many were looked at."""

    def summaries(self, trace_ids: Iterable[str]) -> Mapping[str, RunSummary]:
        """Those of the runs that the store knows something of."""

    def ask(self, question: Question, run: str = "", **words: Any) -> Document:
        """The document that answers the question. `run` is a trace id, an alias of one, or a run's name; `words` are
        the question's own. NotFoundError, or BadInputError when one of them says nothing that can be asked."""

    def find(self, run: str) -> str:
        """The trace id behind what a person typed. NotFoundError, or BadInputError when it is not a run at all."""

    def runs(self, where: RunFilter, limit: int = 50, cursor: str | None = None) -> Page:
        """A page of run summaries, newest first."""

    def trace(self, run: str) -> Document:
        """The trace document. NotFoundError."""

    def why(self, run: str) -> Document:
        """The fate of a run with the reason at every stage. NotFoundError."""

    def check(self) -> None:
        """Returns when the store can be used; else StoreUnreachableError or SchemaMismatchError says what to do."""

    def close(self) -> None:
        """Give back connections."""
