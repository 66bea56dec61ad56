"""Runs that declarative automation asked for: the runs that wrote their inputs are what made its conditions true."""

from collections.abc import Iterable, Iterator
from typing import Any

from datatracing.model.link import Confidence, Link, LinkKind
from datatracing_dagster import compat
from datatracing_dagster.records import Records

AUTOMATION = "dagster/from_automation_condition"
EVALUATION = "dagster/asset_evaluation_id"
NAMED = 5
"""Conditions that the evidence names."""


def automation(records: Records, read: Iterable[Link]) -> Iterator[Link]:
    """`read` are the links to the runs whose assets were read."""
    tags = records.run.tags
    number = tags.get(EVALUATION, "")
    if AUTOMATION not in tags and not number:
        return
    conditions = sorted(_true_conditions(records, int(number))) if number.isdigit() else []
    evidence = "automation condition" + (": " + ", ".join(conditions[:NAMED]) if conditions else "")
    for link in read:
        if link.kind is LinkKind.ASSET:
            yield Link(LinkKind.TRIGGERED, link.direction, link.run, evidence, Confidence.INFERRED)


def _true_conditions(records: Records, evaluation_id: int) -> set[str]:
    """The leaves that were true, of the evaluations that asked for this run."""
    return {
        name
        for each in compat.evaluations(records.instance, evaluation_id)
        if records.run_id in each.run_ids
        for name in _leaves(each.evaluation)
    }


def _leaves(evaluation: Any) -> Iterator[str]:
    if not evaluation.child_evaluations and evaluation.true_subset.size:
        snapshot = evaluation.condition_snapshot
        yield snapshot.label or snapshot.name
    for child in evaluation.child_evaluations:
        yield from _leaves(child)
