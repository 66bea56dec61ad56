"""A run that was executed again: by hand, from a failure, or by Dagster's own run retries."""

from collections.abc import Iterator

from datatracing.model.link import Direction, Link, LinkKind
from datatracing_dagster.links.ends import other
from datatracing_dagster.records import Records

PARENT = "dagster/parent_run_id"
RETRY = "dagster/retry_number"


def rerun(records: Records, namespace: str) -> Iterator[Link]:
    """To the run before it. A chain of retries is a chain of links."""
    run = records.run
    parent = other(records, run.parent_run_id or run.tags.get(PARENT), namespace)
    if parent is not None:
        retry = run.tags.get(RETRY)
        evidence = f"run retry {retry} of it" if retry else "re-executed from it"
        yield Link(LinkKind.RERUN_OF, Direction.UP, parent, evidence)
