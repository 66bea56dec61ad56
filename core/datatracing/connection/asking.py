"""What is asked so often that it has a name of its own."""

from abc import abstractmethod
from typing import Any

from datatracing.query.question import Document, Question
from datatracing.query.runs import RUNS, words_of
from datatracing.query.summary import read_page
from datatracing.query.trace import TRACE
from datatracing.query.why import WHY
from datatracing.store.search import Page, RunFilter


class Asking:
    """Each is one question; `run` is a trace id, an alias of one, or a run's name."""

    @abstractmethod
    def ask(self, question: Question, run: str = "", **words: Any) -> Document:
        """See Connection."""

    def runs(self, where: RunFilter, limit: int = 50, cursor: str | None = None) -> Page:
        """A page of run summaries, newest first; of those that may be seen, those that `where.visibility` sees."""
        page = read_page(self.ask(RUNS, **words_of(where), limit=limit, cursor=cursor))
        return Page(tuple(run for run in page.runs if where.visibility.sees(run.run)), page.cursor)

    def trace(self, run: str) -> Document:
        """The trace document. NotFoundError."""
        return self.ask(TRACE, run)

    def why(self, run: str) -> Document:
        """The fate of a run with the reason at every stage. NotFoundError."""
        return self.ask(WHY, run)
