"""What is asked so often that it has a name of its own."""

from abc import abstractmethod
from typing import Any

from datatracing.query.question import Document, Question
from datatracing.query.trace import TRACE
from datatracing.query.why import WHY


class Asking:
    """Each is one question; `run` is a trace id, an alias of one, or a run's name."""

    @abstractmethod
    def ask(self, question: Question, run: str = "", **words: Any) -> Document:
        """See Connection."""

    def trace(self, run: str) -> Document:
        """The trace document. NotFoundError."""
        return self.ask(TRACE, run)

    def why(self, run: str) -> Document:
        """The fate of a run with the reason at every stage. NotFoundError."""
        return self.ask(WHY, run)
