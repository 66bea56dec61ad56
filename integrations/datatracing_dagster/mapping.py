"""Single values of Dagster in the terms of DataTracing. Pure."""

import re
from collections.abc import Iterator
from typing import Any

from datatracing.model.event import ErrorInfo
from datatracing.model.run import RunRef

ORCHESTRATOR = "dagster"
UNRESOLVED = "?"
"""Stands for a mapping key in the plan, which is made before keys are known."""
WRAPPERS = frozenset({"DagsterExecutionStepExecutionError", "RetryRequestedFromPolicy", "RetryRequested"})
"""Errors that Dagster puts around the user's own."""
DEPTH = 20
"""Causes of causes that are followed."""


def micros(timestamp: float) -> int:
    """Dagster has seconds as a float."""
    return round(timestamp * 1_000_000)


def step(key: str) -> tuple[str, str]:
    """Task and mapping key behind a step key: `graph.process[one]` is the instance `one` of `graph.process`.

    Dagster lets neither an op's name nor a mapping key contain a bracket, and a step has one mapping key at most. What
    stands for keys that are not known yet is no key.
    """
    before, bracket, rest = key.partition("[")
    mapping_key, _, behind = rest.partition("]")
    return (before + behind, mapping_key.removeprefix(UNRESOLVED)) if bracket else (key, "")


def unresolved(key: str) -> bool:
    """Whether the step key stands for all instances of a dynamic step."""
    return f"[{UNRESOLVED}]" in key


def run_ref(run: Any, namespace: str) -> RunRef:
    """The run by its job's name and its own id."""
    return RunRef(ORCHESTRATOR, namespace, run.job_name, run.run_id)


def error_info(error: Any) -> ErrorInfo | None:
    """The user's own error, from inside of what Dagster has put around it."""
    if error is None:
        return None
    inner = next((each for each in causes(error) if each.cls_name not in WRAPPERS), error)
    name = inner.cls_name or "Error"
    said = re.compile(rf"\s*(?:[\w.<>]+\.)?{re.escape(name)}(?::|\s*$)")  # as Python ends a stack trace
    message = said.sub("", inner.message, count=1) if said.match(inner.message) else inner.message
    return ErrorInfo(name, message.strip(), "".join(inner.stack))


def error_names(error: Any) -> frozenset[str]:
    """The classes of an error and of all that caused it."""
    return frozenset(each.cls_name or "" for each in causes(error)) if error is not None else frozenset()


def causes(error: Any) -> Iterator[Any]:
    """The error, what caused it, what caused that."""
    for _ in range(DEPTH):
        if error is None:
            return
        yield error
        error = error.cause
