"""Single values of Prefect in the terms of DataTracing. Pure, and the same for what a process sees and what the API
tells: both have these values and nothing else in common.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from datatracing.model import clock
from datatracing.model.event import ErrorInfo
from datatracing.model.run import RunRef, SpanKey

ORCHESTRATOR = "prefect"
PARENTS, WAIT_FOR = "__parents__", "wait_for"
"""Inputs of a task run that are no parameters."""
DEPLOYMENT_CALL = "prefect.deployments.flow_runs."
"""What the task key of a call of `run_deployment` begins with."""
KEY_HASH = re.compile(r"-(?:[0-9a-f]{8}|unknown)$")
DYNAMIC_PREFIX = 3
"""Characters of a dynamic key that Prefect puts behind a task's name."""
PREAMBLES = (
    "Task run encountered an exception",
    "Flow run encountered an exception:",
    "Flow run encountered an exception",
    "Execution was interrupted by an unexpected exception:",
    "Request failed while attempting to contact the server:",
)
"""What Prefect says before it names an error."""
ERROR = re.compile(r"([A-Za-z_][\w.]*): ?(.*)", re.DOTALL)


def run_ref(flow_name: str, flow_run_id: object, namespace: str) -> RunRef:
    """A flow run. Its id is a UUID or the text of one."""
    return RunRef(ORCHESTRATOR, namespace, flow_name, str(flow_run_id).lower())


def span_key(task: str, task_run_id: object, attempt: int) -> SpanKey:
    """One attempt of a task run: the ordinal of its Running states from 1, 0 where there was none."""
    return SpanKey(task, attempt=attempt, map_key=str(task_run_id).lower())


def task_name(name: str, task_key: str, dynamic_key: str) -> str:
    """The task behind a task run: the same for every call of it, whatever the call is named.

    Prefect names a call after its task and the beginning of the dynamic key, and the call of a subflow after the flow
    and all of it. Where a template of the user's names the call, the function's name is left in the task key. Outside
    of a flow nothing tells a template's name from the task's, so there it is the function's, too.
    """
    for suffix in (f"-{dynamic_key[:DYNAMIC_PREFIX]}", f"-{dynamic_key}"):
        if dynamic_key and name.endswith(suffix) and len(name) > len(suffix):
            return name.removesuffix(suffix)
    if task_key.startswith(DEPLOYMENT_CALL):
        return task_key.removeprefix(DEPLOYMENT_CALL)
    return KEY_HASH.sub("", task_key).rpartition(".")[2] or name


def micros(moment: str | datetime | None) -> int | None:
    """Microseconds of a datetime, or of the text that one is in an event's payload."""
    if moment is None:
        return None
    return clock.parse_rfc3339(moment) if isinstance(moment, str) else clock.micros(moment)


def inputs(task_inputs: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """("task_run" or "flow_run", id) of each run that this task run got something from, or waited for, or is inside of.

    Takes what a payload has (lists of dicts) and what the client has (sets of objects). A flow run is a subflow that
    has returned something: its call is the task run that is the flow run's `parent_task_run_id`.
    """
    found = {_input(each): None for several in (task_inputs or {}).values() for each in several or ()}
    yield from (each for each in found if each[1])


def untracked(task_inputs: Mapping[str, Any] | None) -> bool:
    """Whether some parameter's value comes from no run that Prefect knows: a constant, or something it lost track of.

    The edges of such a task run are unknown if, before it was created, a task of the same flow run ended in a state
    with `state_details.untrackable_result`: a small number, a truth value or nothing, which has no identity.
    """
    return any(not several for name, several in (task_inputs or {}).items() if name not in {PARENTS, WAIT_FOR})


def error_info(state_name: str, message: str | None) -> ErrorInfo:
    """What a state's message says of an error; the state's own name where it names none."""
    text = (message or "").strip()
    preamble = next((each for each in PREAMBLES if text.startswith(each)), "")
    named = ERROR.fullmatch(text.removeprefix(preamble).strip()) if preamble else None
    return ErrorInfo(named[1], named[2]) if named else ErrorInfo(state_name, text)


def _input(found: Any) -> tuple[str, str]:
    plain: Any = found if isinstance(found, Mapping) else vars(found)
    return str(plain.get("input_type", "")), str(plain.get("id") or "")
