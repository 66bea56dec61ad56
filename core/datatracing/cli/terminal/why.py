"""A why document as a page: one line for each stage on the way of the data."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from datatracing.cli.terminal.glyphs import STATUS_COLOURS, Glyphs
from datatracing.cli.terminal.text import plain


def why_page(document: Mapping[str, Any], glyphs: Glyphs) -> Iterator[Text]:
    """Sentences are not cut: the reason is what was asked for."""
    stages = document["stages"]
    status = _overall(document)
    name = plain(document["run"] or f"trace {document['trace_id']}")
    fate = plain(document["fate"] or ("open" if document["state"] else "not stored")).replace("_", " ")
    yield Text.assemble(
        (f"{glyphs.statuses[status]} {fate}", STATUS_COLOURS[status]),
        "  ",
        (name, "bold"),
        f"  {plain(document['reason'])}" if document["state"] else "",
    )
    if document["run"]:
        yield Text(
            f"trace {document['trace_id']}{glyphs.between}namespace {plain(document['namespace'])}", "bright_black"
        )
    yield Text()
    wide = max(len(stage["stage"]) for stage in stages)
    for stage in stages:
        sign = glyphs.statuses.get(stage["status"], "?")
        colour = STATUS_COLOURS.get(stage["status"], "")
        yield Text.assemble("  ", (sign, colour), f" {plain(stage['stage']):{wide}}  {plain(stage['says'])}")


def _overall(document: Mapping[str, Any]) -> str:
    found = {stage["status"] for stage in document["stages"]}
    return next((status for status in ("problem", "waiting", "unknown") if status in found), "ok")
