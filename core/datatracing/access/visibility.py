"""What one reader may see. Law 8: every path, link ends, counts and search included, as finely as the host allows it.

Every read takes a Visibility, so that the collector's own API and one mounted into an orchestrator share one rule.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from datatracing.model.link import Link
from datatracing.model.run import RunRef


class Level(IntEnum):
    """How much of a run: each level has all of those before it."""

    NOTHING = 0
    """It is as if the run did not exist."""
    RUN = 1
    """That it is there: its name, state, times and verdict."""
    TASKS = 2
    """Its spans, dependencies, links, counts, and the names of what is missing."""
    TEXTS = 3
    """What a user or a program wrote: errors, attributes, conf, map keys, operations, record keys, reasons."""


@dataclass(frozen=True)
class Visibility:
    """All runs of one installation, or of all where a field is empty, up to the level `most`.

    A host that decides for each pipeline by itself is a subclass: `by_pipeline` True, with `level_of` and `narrow`.
    """

    most: Level = Level.NOTHING
    orchestrator: str = ""
    namespace: str = ""
    by_pipeline: ClassVar[bool] = False
    """Whether the pipelines of the installation have to be asked for by name."""

    def level_of(self, pipeline: str) -> Level:  # noqa: ARG002  # for subclasses
        """How much may be seen of the runs of this pipeline, if it is one of the installation."""
        return self.most

    def narrow(self, pipelines: Collection[str]) -> Collection[str]:
        """Those of the installation's pipelines whose runs may be seen. For a list: one question for all of them."""
        return [name for name in pipelines if self.level_of(name) >= Level.RUN]

    def covers(self, orchestrator: str, namespace: str) -> bool:
        """Whether anything of this installation may be seen at all."""
        inside = self.orchestrator in {"", orchestrator} and self.namespace in {"", namespace}
        return inside and self.most > Level.NOTHING

    def level(self, run: RunRef) -> Level:
        """How much of this run may be seen."""
        if not self.covers(run.orchestrator, run.namespace):
            return Level.NOTHING
        return min(self.most, self.level_of(run.pipeline))

    def sees(self, run: RunRef) -> bool:
        """Whether this reader may know that the run exists."""
        return self.level(run) >= Level.RUN

    def sees_tasks(self, run: RunRef) -> bool:
        """Whether its spans and links may be seen."""
        return self.level(run) >= Level.TASKS

    def sees_texts(self, run: RunRef) -> bool:
        """Whether all of it may be seen."""
        return self.level(run) >= Level.TEXTS

    def links(self, run: RunRef, links: Iterable[Link]) -> list[Link]:
        """The links of this run that may be seen. One whose other end is hidden is not counted either."""
        return [link for link in links if self.sees(link.run)] if self.sees_tasks(run) else []


EVERYTHING = Visibility(Level.TEXTS)
NOTHING = Visibility()


def installation(namespace: str, orchestrator: str = "") -> Visibility:
    """All runs of one namespace, or of one orchestrator in it. No namespace is nothing, never everything."""
    return Visibility(Level.TEXTS, orchestrator, namespace) if namespace else NOTHING


def withheld(level: Level) -> list[str]:
    """What this level does not show, in words: what the reader may not see, never what is there."""
    return [each.name.lower() for each in (Level.TASKS, Level.TEXTS) if each > level]
