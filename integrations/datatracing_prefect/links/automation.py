"""Runs that an automation started: the run that the event came from which triggered it is their cause."""

from collections.abc import AsyncIterator

from datatracing.model.link import Direction, Link, LinkKind
from datatracing_prefect.assets import related
from datatracing_prefect.links.ends import others
from datatracing_prefect.records import Records
from datatracing_prefect.rest import Plain

AUTOMATION = "AUTOMATION"
ACTIONS = ["prefect.automation.action.executed", "prefect.automation.action.triggered"]
FLOW_RUN = "prefect.flow-run."
CAUSES = 100
"""Events that one automation may have waited for."""


async def automation(records: Records, namespace: str) -> AsyncIterator[Link]:
    """An automation that fired because something did not happen has no cause; one with several conditions has many."""
    made_by = records.run["created_by"] or {}
    if made_by.get("type") != AUTOMATION:
        return
    causes = {run_id: event["event"] for event in await _triggering(records) for run_id in _runs(event)}
    name = made_by.get("display_value") or made_by.get("id")
    for run_id, end in (await others(records, causes, namespace)).items():
        evidence = f"automation {name} saw its {causes[run_id]}"
        yield Link(LinkKind.TRIGGERED, Direction.UP, end, evidence)


async def _triggering(records: Records) -> list[Plain]:
    """The automation's action names the run that it made, and the events that made it act."""
    related_run = {"id": [f"{FLOW_RUN}{records.run_id}"]}
    actions = await records.rest.events({"event": {"name": ACTIONS}, "related": related_run}, CAUSES)
    own = {each["resource"]["prefect.resource.id"].rpartition(".")[2] for each in actions}
    by = str((records.run["created_by"] or {}).get("id"))
    ids = {cause for action in actions if by in own for cause in related(action, "triggering-event")}
    return await records.rest.events({"id": {"id": sorted(ids)}}, CAUSES) if ids else []


def _runs(event: Plain) -> list[str]:
    """The event is about a flow run, or came from inside of one."""
    about = str(event["resource"]["prefect.resource.id"])
    own = [about.removeprefix(FLOW_RUN)] if about.startswith(FLOW_RUN) else []
    return own or list(related(event, "flow-run"))
