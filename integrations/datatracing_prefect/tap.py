"""What Prefect does in this process anyway, overheard: events that it sends, and what its client is answered.

Task runs tell of themselves in events, and of nothing else (hooks of tasks miss crashes and cost milliseconds). Flow
runs have hooks, but none for being suspended, for waiting for a retry, or for a flow that returns a cancelled state;
the client is told of all states, and of the task runs that stand for the calls of subflows.
"""

import logging
from collections.abc import Mapping
from typing import Any

from datatracing import capture
from datatracing.capture import guard
from datatracing.model import clock
from datatracing.model.link import Access, AssetUse, LinkKind
from datatracing.model.uris import asset_uri
from datatracing_prefect import compat
from datatracing_prefect.compat import client, engines, events, flows
from datatracing_prefect.hooks import attach, begin, has_hooks
from datatracing_prefect.mapping import DEPLOYMENT_CALL, micros, run_ref
from datatracing_prefect.states import RUNNING
from datatracing_prefect.tracer import Tracer, tracer
from datatracing_prefect.tries import Moment, moment_of

log = logging.getLogger("datatracing")

TASK_RUN, FLOW_RUN, ASSET = "prefect.task-run.", "prefect.flow-run.", "prefect.asset."
WROTE, REFERENCED = "prefect.asset.materialization.succeeded", "prefect.asset.referenced"
ANSWERED = frozenset({"ACCEPT", "REJECT"})
"""Answers to a proposed state that name the state that the run is in now."""
DEPLOYMENTS = 1_000
_FLOWS_OF: dict[str, str] = {}
"""The names of flows by deployment."""
_switch = {"everything": False}
_said: list[str] = []


def install(*, everything: bool = False) -> None:
    """Listen from now on. Again is once. A Prefect whose inner parts are not known is left alone.

    `everything`: trace every flow that will be defined, and every task that runs outside of a flow.
    """
    with guard("prefect.install"):
        found = compat.version()
        if compat.supported(found):
            events.tap_events(event_sent)
            client.tap_client(answered)
            engines.tap_engines(unsaid)
            if everything:
                flows.tap_flows(attach)
                _switch["everything"] = True
        elif not _said:
            _said.append(found)
            log.warning(
                "DataTracing does not know Prefect %s: only flow runs are traced from here, not their tasks. "
                "`datatracing prefect watch` traces both.",
                found,
            )


def event_sent(worker: Any, event: Any) -> None:
    """A task run changed its state, or did something with an asset."""
    name: str = event.event
    if not name.startswith((TASK_RUN, ASSET)) or compat.forwards(worker):
        return
    tracing = tracer()
    if tracing is None:
        return
    if name.startswith(TASK_RUN):
        _task_run(tracing, event)
    elif name in {WROTE, REFERENCED}:
        _asset(tracing, event)


def answered(method: str, arguments: Mapping[str, Any], answer: Any) -> None:
    """Prefect's client has been told something."""
    tracing = tracer()
    if tracing is not None and answer is not None:
        _ANSWERS[method](tracing, arguments, answer)


def unsaid(engine: Any, kind: str, error: BaseException) -> None:
    """Prefect asks an error for its text, and when it cannot be had says nothing: the run is over, and to Prefect it
    goes on for ever. So Prefect's own word for it stays what it was."""
    tracing, before = tracer(), engine.state
    if tracing is None or before.is_final():
        return
    what = capture.error_info(error)
    found = Moment(kind, before.name, clock.now(), message=f"{what.type}: {what.message}" if what else "")
    task_run = getattr(engine, "task_run", None)
    if task_run is not None:
        _moved(tracing, str(task_run.flow_run_id or ""), str(task_run.id), vars(task_run), found)
    elif tracing.known(str(engine.flow_run.id)):
        tracing.flow_moved(str(engine.flow_run.id), found)


def _task_run(tracing: Tracer, event: Any) -> None:
    task_run_id = event.resource["prefect.resource.id"].removeprefix(TASK_RUN)
    flow_run_id, forwarded = _flow_run_of(event, task_run_id)
    said, facts = event.payload["validated_state"], event.payload["task_run"]
    details = said["state_details"]
    due = micros(details.get("scheduled_time"))
    found = Moment(said["type"], said["name"], micros(event.occurred) or 0, due, said["message"] or "")
    untrackable = bool(details.get("untrackable_result"))
    _moved(tracing, flow_run_id, task_run_id, facts, found, pooled=forwarded, untrackable=untrackable)


def _moved(
    tracing: Tracer, flow_run_id: str, task_run_id: str, facts: Mapping[str, Any], found: Moment, **how: bool
) -> None:
    if not flow_run_id and _switch["everything"]:
        tracing.outside_moved(task_run_id, facts, found)
    elif flow_run_id and _traced(tracing, flow_run_id):
        tracing.task_moved(flow_run_id, task_run_id, facts, found, **how)


def _flow_run_of(event: Any, task_run_id: str) -> tuple[str, bool]:
    """Its id, and whether the event came from another process: only those name the flow run themselves."""
    for each in event.related:
        if each.role == "flow-run":
            return each.id.removeprefix(FLOW_RUN), True
    here = compat.here()
    if here.task_run is not None and str(here.task_run.id) == task_run_id:
        return str(here.task_run.flow_run_id or ""), False
    return str(here.flow_run.id) if here.flow_run is not None else "", False


def _traced(tracing: Tracer, flow_run_id: str) -> bool:
    """A flow run that began in another process has said nothing here, but its flow is known to be traced."""
    if tracing.known(flow_run_id):
        return True
    here = compat.here()
    if here.flow is None or here.flow_run is None or str(here.flow_run.id) != flow_run_id or not has_hooks(here.flow):
        return False
    begin(tracing, here.flow, here.flow_run)
    return True


def _asset(tracing: Tracer, event: Any) -> None:
    """Prefect says for each asset that was written, and for each that one was made from, one event. A result from the
    cache has written nothing, and Prefect says nothing of it."""
    here = compat.here()
    if here.task_run is None or not here.task_run.flow_run_id:
        return
    access = Access.WRITE if event.event == WROTE else Access.READ
    use = AssetUse(asset_uri(event.resource["prefect.resource.id"]), access)
    tracing.used(str(here.task_run.flow_run_id), str(here.task_run.id), (use,))


def _state_set(tracing: Tracer, arguments: Mapping[str, Any], answer: Any) -> None:
    if answer.state is not None and answer.status.value in ANSWERED:
        tracing.flow_moved(str(arguments["flow_run_id"]), moment_of(answer.state))


def _task_run_created(tracing: Tracer, arguments: Mapping[str, Any], answer: Any) -> None:
    """Tasks tell of their runs in events. What is created like this stands for the call of a flow."""
    task = arguments["task"]
    if getattr(task, "_is_subflow_tracking_task", False) or answer.task_key.startswith(DEPLOYMENT_CALL):
        facts = {**vars(answer), "run_count": 0}
        tracing.task_moved(str(answer.flow_run_id), str(answer.id), facts, moment_of(answer.state), call=True)


def _flow_run_created(tracing: Tracer, arguments: Mapping[str, Any], answer: Any) -> None:
    _state_known(tracing, answer)
    call = str(arguments.get("parent_task_run_id") or "")
    caller = tracing.caller_of(call) if call else ""
    if caller:
        child = run_ref(arguments["flow"].name, answer.id, tracing.namespace)
        tracing.called(caller, call, child, LinkKind.CHILD, "called as a subflow")


def _deployment_run(tracing: Tracer, arguments: Mapping[str, Any], answer: Any) -> None:
    _state_known(tracing, answer)
    call = str(arguments.get("parent_task_run_id") or "")
    here = compat.here()
    caller = tracing.caller_of(call) if call else str(here.flow_run.id) if here.flow_run is not None else ""
    if caller:
        flow = _FLOWS_OF.get(str(arguments["deployment_id"])) or str(answer.flow_id)
        child = run_ref(flow, answer.id, tracing.namespace)
        tracing.called(caller, call, child, LinkKind.TRIGGERED, "run_deployment")


def _flow_run_read(tracing: Tracer, _arguments: Mapping[str, Any], answer: Any) -> None:
    """Whoever waits for a deployment's run reads it again and again, and may not see it running; whoever is paused
    reads when it goes on."""
    if tracing.waits_for(str(answer.id)) and answer.start_time is not None:
        tracing.flow_moved(str(answer.id), Moment(RUNNING, "Running", micros(answer.start_time) or 0))
    _state_known(tracing, answer)


def _state_known(tracing: Tracer, flow_run: Any) -> None:
    if flow_run.state is not None:
        tracing.flow_moved(str(flow_run.id), moment_of(flow_run.state))


def _deployment_read(_tracing: Tracer, arguments: Mapping[str, Any], answer: Any) -> None:
    """Its name begins with that of its flow, of which a run that is created later has but an id."""
    _FLOWS_OF[str(answer.id)] = str(arguments["name"]).partition("/")[0]
    if len(_FLOWS_OF) > DEPLOYMENTS:
        _FLOWS_OF.pop(next(iter(_FLOWS_OF)))


_ANSWERS = {
    "set_flow_run_state": _state_set,
    "resume_flow_run": _state_set,
    "create_task_run": _task_run_created,
    "create_flow_run": _flow_run_created,
    "create_flow_run_from_deployment": _deployment_run,
    "read_flow_run": _flow_run_read,
    "read_deployment_by_name": _deployment_read,
}
