"""A trace document as a page: what happened, what caused it, and why it is stored as it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from datatracing.cli.terminal.bars import Scale
from datatracing.cli.terminal.glyphs import COLOURS, STATUS_COLOURS, Glyphs
from datatracing.cli.terminal.rows import error_line, rows_of
from datatracing.cli.terminal.tasks import tasks_of
from datatracing.cli.terminal.text import plain
from datatracing.cli.terminal.times import at, clock, took
from datatracing.cli.terminal.waterfall import waterfall, wrapped

NAMED = 8
"""How many spans are named where something is not known of them."""


def trace_page(
    document: Mapping[str, Any], width: int, glyphs: Glyphs, now: int, *, everything: bool = False
) -> list[Text]:
    """The lines of the page, at most `width` cells wide, except for names and reasons that are meant to be copied."""
    rows = rows_of(tasks_of(document["spans"]), now, glyphs, everything=everything)
    scale = Scale.of(document["run"], rows, now)
    return [
        *_head(document["run"], glyphs, now),
        Text(),
        *(waterfall(rows, scale, width, glyphs) if rows else [Text("  no task of this run is known")]),
        *_run_error(document["spans"], width),
        Text(),
        *_links(document["links"], glyphs),
        _verdict(document["run"]["verdict"], glyphs),
        _completeness(document["run"]["completeness"], glyphs),
    ]


def _head(run: Mapping[str, Any], glyphs: Glyphs, now: int) -> Iterator[Text]:
    state = run["state"]
    name = plain(f"{run['orchestrator']}:{run['pipeline']}/{run['run_id']}")
    yield Text.assemble((f"{glyphs.state(state)} {plain(state)}", COLOURS.get(state, "")), "  ", (name, "bold"))
    start, end = at(run["started_at"]), at(run["ended_at"])
    parts = [
        _when(clock(run["started_at"]), clock(run["ended_at"]), glyphs),
        took(None if start is None else (now if end is None else end) - start),
        f"namespace {plain(run['namespace'])}",
        f"revision {run['revision']}" if run["revision"] else "",
    ]
    yield Text(glyphs.between.join(part for part in parts if part))
    yield Text(f"trace {plain(run['trace_id'])}", "bright_black")


def _when(began: str, ended: str, glyphs: Glyphs) -> str:
    if not ended:
        return f"{began} UTC {glyphs.arrow} still open" if began else "not started"
    same_day = began[:11] == ended[:11]
    return f"{began} {glyphs.arrow} {ended[11:] if same_day else ended} UTC"


def _run_error(spans: Sequence[Mapping[str, Any]], width: int) -> Iterator[Text]:
    for root in spans:
        if root["level"] == "run":
            yield from wrapped(error_line(root["error"]), width, 2)


def _links(links: Sequence[Mapping[str, Any]], glyphs: Glyphs) -> Iterator[Text]:
    for direction, title, arrow in (("up", "caused by", glyphs.up), ("down", "caused", glyphs.down)):
        ends = [link for link in links if link["direction"] == direction]
        if ends:
            yield Text(title, "bold")
        for link in ends:
            inferred = "" if link["confidence"] == "exact" else f"{plain(link['confidence'])}: "
            yield Text.assemble(
                f"  {arrow} {plain(link['kind']):<12}  ",
                (plain(link["run"] or link["trace_id"]), "cyan"),
                (f"  {inferred}{plain(link['evidence'])}", "bright_black"),
            )
    if links:
        yield Text()


def _verdict(decided: Mapping[str, Any] | None, glyphs: Glyphs) -> Text:
    if decided is None:
        return _said("waiting", "open: not sealed yet", glyphs)
    word = "kept" if decided["keep"] else "sampled out, only the skeleton is stored"
    why = f"{plain(decided['reason'])} (rule {plain(decided['rule'])}, rate {decided['rate']:g})"
    return _said("ok", f"{word}: {why}", glyphs)


def _completeness(found: Mapping[str, Any] | None, glyphs: Glyphs) -> Text:
    if found is None:
        return _said("unknown", "you may not see the tasks of this run", glyphs)
    if found["status"] == "unknown":
        return _said("unknown", "completeness unknown: the orchestrator's own record has not come yet", glyphs)
    says = f"{plain(found['status'])}: {found['captured']:,} of {found['expected']:,} spans"
    if found["missing"]:
        says += "; missing " + _named(found["missing"])
    if found.get("unknown_edges"):
        says += "; dependencies may be incomplete for " + _named(found["unknown_edges"])
    return _said("ok" if found["status"] == "complete" else "problem", says, glyphs)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(plain(name) for name in names[:NAMED]) + more


def _said(status: str, says: str, glyphs: Glyphs) -> Text:
    return Text.assemble((glyphs.statuses[status], STATUS_COLOURS[status]), f" {says}")
