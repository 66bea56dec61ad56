"""The trace in Prefect's own UI: one markdown artifact per kept run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from datatracing.context.address import trace_url
from datatracing_prefect.page import page

if TYPE_CHECKING:
    from datatracing.store.summary import RunSummary
    from datatracing_prefect.rest import Plain, Rest

KEY = "datatracing-trace"
DESCRIPTION = "The trace of this run, by DataTracing"


async def announce(rest: "Rest", run_id: str, sealed: "RunSummary", document: Mapping[str, Any], ui_url: str) -> None:
    """Write it, or bring it up to date. A run that is not kept gets none, and keeps none."""
    known = await _known(rest, run_id)
    if sealed.verdict is None or not sealed.verdict.keep:
        return
    data = page(document, trace_url(ui_url, sealed.trace_id))
    if not known:
        await rest.post("/artifacts/", _artifact(run_id, data))
        known = await _known(rest, run_id)
    # Another watcher may have done the same at the same moment: the first one is left.
    for surplus in known[1:]:
        await rest.delete(f"/artifacts/{surplus['id']}")
    if known and known[0]["data"] != data:
        await rest.patch(f"/artifacts/{known[0]['id']}", {"data": data})


async def _known(rest: "Rest", run_id: str) -> "list[Plain]":
    """Ours of this run, the oldest first."""
    where = {"flow_run_id": {"any_": [run_id]}, "key": {"any_": [KEY]}}
    found = await rest.post("/artifacts/filter", {"artifacts": where, "sort": "ID_DESC"}) or []
    return sorted(found, key=lambda each: (each["created"], each["id"]))


def _artifact(run_id: str, data: str) -> dict[str, str]:
    return {"key": KEY, "type": "markdown", "description": DESCRIPTION, "data": data, "flow_run_id": run_id}
