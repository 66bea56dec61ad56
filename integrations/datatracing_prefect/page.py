"""A trace document as a page of markdown: the verdict, a link, a picture of the run, the slowest tasks. Pure.

Names in it are a user's: every character that markdown, HTML or Mermaid could take for its own is written as a number.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from datatracing.model.clock import SECOND, parse_rfc3339
from datatracing.model.states import SEVERITY

Document = Mapping[str, Any]
NODES, EDGES = 40, 120
"""What the picture holds at most. Mermaid refuses to draw more than some hundred edges."""
SLOWEST = 5
LABEL = 40
"""Characters of a name that are shown."""
TEXT = 500
HARMLESS = " …(),.%"
WORST = [state.value for state in SEVERITY]
COLORS = {
    "bad": (frozenset({"crashed", "failed", "lost"}), "fill:#fee2e2,stroke:#dc2626,color:#111"),
    "held": (frozenset({"cancelled", "upstream_failed"}), "fill:#fef3c7,stroke:#d97706,color:#111"),
    "good": (frozenset({"success"}), "fill:#dcfce7,stroke:#16a34a,color:#111"),
}
Edge = tuple[str, str]


def page(document: Document, url: str) -> str:
    """`url` is where the trace can be looked at, or empty."""
    run, tasks = document["run"], [span for span in document["spans"] if span["level"] == "task"]
    where = f"[Open the trace]({url})" if url else f"`datatracing trace {run['trace_id']}`"
    parts = [_verdict(run), where, _picture(tasks), _slowest(tasks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str, form: str = "&#{};", limit: int = TEXT) -> str:
    """Letters, digits and what means nothing anywhere stay; the rest are numbers. `form` for Mermaid is `#{};`."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(each if each.isalnum() or each in HARMLESS else form.format(ord(each)) for each in short)


def _verdict(run: Mapping[str, Any]) -> str:
    verdict, completeness = run["verdict"] or {}, run["completeness"]
    said = f"This run ended as **{escaped(run['state'])}**. Its trace was kept: {escaped(verdict.get('reason', ''))}."
    count = f"{completeness['captured']} of {completeness['expected']} attempts are in it"
    missing = completeness["missing"]
    named = ", ".join(escaped(each, limit=LABEL) for each in missing[:SLOWEST])
    return f"{said} {count}." + (f" Missing: {named}." if missing else "")


def _picture(tasks: list[Document]) -> str:
    """A node per task, whatever the number of its instances, in the order in which they began."""
    states = _states(tasks)
    shown = {task: f"t{number}" for number, task in enumerate(list(states)[:NODES])}
    if not shown:
        return ""
    edges = [edge for edge in _edges(tasks) if edge[0] in shown and edge[1] in shown][:EDGES]
    lines = ["graph LR", *(f'  {node}["{_label(task, states[task])}"]' for task, node in shown.items())]
    lines += [f"  {shown[upstream]} --> {shown[downstream]}" for upstream, downstream in edges]
    lines += list(_colored(shown, states))
    more = len(states) - len(shown)
    return "```mermaid\n" + "\n".join(lines) + "\n```" + (f"\n\nand {more} more tasks" if more > 0 else "")


def _states(tasks: Iterable[Document]) -> dict[str, list[str]]:
    """By task, the state that each instance came to in the end."""
    last: dict[str, dict[Any, str]] = defaultdict(dict)
    for span in tasks:
        last[span["task"]][span["map_key"] or span["map_index"]] = span["state"]
    return {task: list(instances.values()) for task, instances in last.items()}


def _edges(tasks: Iterable[Document]) -> list[Edge]:
    named = {span["span_id"]: span["task"] for span in tasks}
    found = ((named[up], span["task"]) for span in tasks for up in span["depends_on"] if up in named)
    return list(dict.fromkeys(edge for edge in found if edge[0] != edge[1]))


def _label(task: str, states: list[str]) -> str:
    return escaped(task, "#{};", LABEL) + (f" ({len(states)})" if len(states) > 1 else "")


def _colored(shown: Mapping[str, str], states: Mapping[str, list[str]]) -> Iterator[str]:
    worst = {task: min(states[task], key=_badness) for task in shown}
    for name, (of, style) in COLORS.items():
        nodes = [node for task, node in shown.items() if worst[task] in of]
        if nodes:
            yield f"  classDef {name} {style}"
            yield f"  class {','.join(nodes)} {name}"


def _badness(state: str) -> int:
    return WORST.index(state) if state in WORST else len(WORST)


def _slowest(tasks: Iterable[Document]) -> str:
    took = sorted(((_duration(span), index, span) for index, span in enumerate(tasks)), key=lambda each: each[:2])
    rows = [
        f"| {escaped(_name(span), limit=LABEL)} | {seconds / SECOND:.3f} s | {span['state']} |"
        for seconds, _, span in reversed(took)
        if seconds > 0
    ]
    return "\n".join(["| slowest | took | ended as |", "|---|---|---|", *rows[:SLOWEST]]) if rows else ""


def _duration(span: Document) -> int:
    if span["started_at"] is None or span["ended_at"] is None:
        return 0
    return parse_rfc3339(span["ended_at"]) - parse_rfc3339(span["started_at"])


def _name(span: Document) -> str:
    instance = f"[{span['map_index']}]" if span["map_index"] >= 0 else ""
    return f"{span['task']}{instance}" + (f" #{span['attempt']}" if span["attempt"] > 1 else "")
