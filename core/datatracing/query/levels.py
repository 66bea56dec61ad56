"""What each level of Visibility shows of a run's parts. Law 8.

By lists of what is shown, never of what is hidden: a field that is new is hidden until somebody has thought about it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from datatracing.access.visibility import Level
from datatracing.model.completeness import Completeness
from datatracing.model.verdict import Verdict

_OF_TASKS = ("span_id", "level", "task", "map_index", "attempt", "state", "raw_state", "source")
_SHOWN = (*_OF_TASKS, "scheduled_at", "queued_at", "started_at", "ended_at", "depends_on", "parent")
_HIDDEN: dict[str, Any] = {"map_key": None, "operation": None, "attributes": {}, "error": None, "records": []}
_TASK = re.compile(r"[\w.-]+")
_NAMED = re.compile(r"[\w.-]+(\[\d+\])?( #\d+)?")
"""Where tasks have other names than Airflow's, no host has levels in between."""


def spans_at(level: Level, spans: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The list `spans` of a trace document. An operation is named by whoever made it, so as a whole it is a text."""
    if level < Level.TASKS:
        return []
    if level >= Level.TEXTS:
        return [dict(span) for span in spans]
    return [{name: span[name] for name in _SHOWN} | _HIDDEN for span in spans if span["level"] != "operation"]


def verdict_at(level: Level, verdict: Verdict | None) -> Verdict | None:
    """A reason may count tasks, or quote what a rule looked at."""
    return verdict if verdict is None or level >= Level.TEXTS else replace(verdict, reason="")


def reason_at(level: Level, reason: str) -> str:
    """Empty where it is withheld."""
    return reason if level >= Level.TEXTS else ""


def completeness_at(level: Level, found: Completeness) -> Completeness | None:
    """None below the level of tasks: how many spans there are is told nowhere else then."""
    if level < Level.TASKS:
        return None
    if level >= Level.TEXTS:
        return found
    missing, edges = (tuple(filter(None, map(_name, names))) for names in (found.missing, found.unknown_edges))
    return replace(found, missing=missing, unknown_edges=edges)


def _name(name: str) -> str:
    """`task[3] #2` stays; of `task[key] / operation` only the task does, and of a sentence about a producer nothing."""
    task = re.split(r"\[| / ", name, maxsplit=1)[0]
    return name if _NAMED.fullmatch(name) else task if _TASK.fullmatch(task) else ""
