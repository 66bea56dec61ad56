"""Readers whose host decides for each pipeline: `reader("orders")`, or `reader("orders", level=Level.RUN)`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from datatracing.access.visibility import Level, Visibility


@dataclass(frozen=True)
class ByPipeline(Visibility):
    """Of these pipelines so much may be seen, and of no others anything."""

    levels: Mapping[str, Level] = field(default_factory=dict)
    by_pipeline: ClassVar[bool] = True

    def level_of(self, pipeline: str) -> Level:
        """See Visibility."""
        return self.levels.get(pipeline, Level.NOTHING)


def reader(
    *pipelines: str, level: Level = Level.TEXTS, orchestrator: str = "airflow", namespace: str = "default"
) -> ByPipeline:
    """Who may see these pipelines of one installation."""
    return ByPipeline(Level.TEXTS, orchestrator, namespace, dict.fromkeys(pipelines, level))
