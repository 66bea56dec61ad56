"""A backfill is not a run, but it is what its runs have in common."""

from collections.abc import Iterator

from datatracing.model.link import Direction, Link, LinkKind
from datatracing.model.run import RunRef
from datatracing_dagster.mapping import ORCHESTRATOR
from datatracing_dagster.records import Records

BACKFILL = "dagster/backfill"
PARTITION = "dagster/partition"


def backfill(records: Records, namespace: str) -> Iterator[Link]:
    """It stands among the job's runs by its id."""
    run = records.run
    if name := run.tags.get(BACKFILL):
        made_by = RunRef(ORCHESTRATOR, namespace, run.job_name, f"backfill:{name}")
        partition = run.tags.get(PARTITION)
        evidence = f"backfill {name}" + (f", partition {partition}" if partition else "")
        yield Link(LinkKind.BACKFILL_OF, Direction.UP, made_by, evidence)
