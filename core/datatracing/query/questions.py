"""The one object behind every door that reads: a store, one reader, one rule of freshness."""

from typing import Any, Protocol

from datatracing.access.visibility import EVERYTHING, Visibility
from datatracing.model.run import parse_run
from datatracing.query.find import find
from datatracing.query.freshness import Freshness
from datatracing.query.question import Asked, Document, Live, Question
from datatracing.store.port import Store
from datatracing.store.summary import RunSummary


class Folding(Live, Protocol):
    """Folds runs, for a look or for good."""

    def seal(self, trace_id: str) -> RunSummary | None:
        """Fold and store the run; None when nothing readable has come."""


class Questions:
    """`namespace` is that of runs which are named without one. Safe to use from many threads."""

    def __init__(self, store: Store, folding: Folding, namespace: str = "default") -> None:
        self._store = store
        self._folding = folding
        self._freshness = Freshness(store, folding.seal, namespace)

    def ask(
        self, question: Question, run: str = "", visibility: Visibility = EVERYTHING, **words: Any
    ) -> Document | bytes:
        """The document, as objects or as JSON. `run` is a trace id, an alias of one, or a run's name."""
        asked = Asked(self._store, self._folding, visibility)
        if not question.of_run:
            self._freshness.refresh()
            return question.answer(asked, **words)
        return question.answer(asked, self._trace_id(run, visibility), **words)

    def _trace_id(self, run: str, visibility: Visibility) -> str:
        """One that was given is not looked for: what is known of it may be nowhere but in the inbox."""
        wanted = parse_run(run)
        if not isinstance(wanted, str):
            return self.find(run, visibility)
        self._freshness.refresh(wanted)
        return wanted

    def find(self, run: str, visibility: Visibility = EVERYTHING) -> str:
        """The trace id behind what a person typed. NotFoundError, or BadInputError when it is not a run at all."""
        self._freshness.refresh(run)
        return find(self._store, run, visibility)
