"""Why a run is there or not, as it is asked on a host: with what waits in this host's own spool."""

from pathlib import Path
from typing import Any, Protocol

from datatracing.errors import NotFoundError
from datatracing.query.absence import absence, expected_trace_id
from datatracing.query.question import Document, Question
from datatracing.query.waiting import spooled
from datatracing.query.why import WHY, with_stage
from datatracing.store.search import Page, RunFilter


class Answers(Protocol):
    """Whoever answers: a store that is opened here, or a collector elsewhere."""

    def ask(self, question: Question, run: str = "", **words: Any) -> Document:
        """The document that answers the question."""

    def runs(self, where: RunFilter, limit: int = 50) -> Page:
        """Run summaries, newest first."""


def why_here(answers: Answers, run: str, spool_dir: Path, namespace: str) -> tuple[Document, bool]:
    """What the store knows and what this host knows; and whether the store knows anything at all."""
    try:
        document = answers.ask(WHY, run)
    except NotFoundError:
        here = spooled(spool_dir, expected_trace_id(run, namespace))
        return absence(run, namespace, answers.runs, here), False
    return with_stage(document, spooled(spool_dir, document["trace_id"]), after="captured"), True
