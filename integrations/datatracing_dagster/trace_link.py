"""A link to the trace in Dagster's own UI: an event with an address in the log of the run."""

from typing import TYPE_CHECKING

from datatracing.context.address import trace_url
from datatracing_dagster import compat
from datatracing_dagster.records import Records

if TYPE_CHECKING:
    from datatracing.store.summary import RunSummary

LABEL = "trace"
TAG = "datatracing/trace"
"""Keeps the address too, and says that the event is there already."""


def announce(records: Records, sealed: "RunSummary", ui_url: str) -> None:
    """Once per kept run. Without an address to link to, nothing is written."""
    url = trace_url(ui_url, sealed.trace_id)
    kept = sealed.verdict is not None and sealed.verdict.keep
    # Asked anew: another watcher may have said so since the run was read.
    run = records.instance.get_run_by_id(records.run_id) if url and kept else None
    if run is None or TAG in run.tags:
        return
    records.instance.add_run_tags(records.run_id, {TAG: url})
    reason = sealed.verdict.reason if sealed.verdict else ""
    compat.report(records.instance, records.run, f"DataTracing kept the trace of this run: {reason}", LABEL, url)
