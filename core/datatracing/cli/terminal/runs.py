"""A list of runs, one line each. The name stands last and is never cut: it is what the next command is given."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from datatracing.cli.terminal.glyphs import COLOURS, Glyphs
from datatracing.cli.terminal.text import plain
from datatracing.cli.terminal.times import at, clock, took
from datatracing.model.states import State

TITLES = ("state", "started (UTC)", "took", "tasks", "stored", "run")
FAILING = frozenset(state for state in State if state.failing)


def runs_page(runs: Sequence[Mapping[str, Any]], glyphs: Glyphs, now: int) -> Iterator[Text]:
    """A line of titles and a line per run."""
    cells = [_cells(run, now) for run in runs]
    widths = [max(map(cell_len, column)) for column in zip(TITLES, *cells, strict=True)]
    yield Text(f"  {_aligned(TITLES, widths)}", "bright_black")
    for run, row in zip(runs, cells, strict=True):
        colour = COLOURS.get(run["state"], "")
        line = Text.assemble((f"{glyphs.state(run['state'])} ", colour), _aligned(row, widths))
        line.stylize(colour, 2, 2 + len(row[0]))
        yield line


def _cells(run: Mapping[str, Any], now: int) -> tuple[str, ...]:
    start, end = at(run["started_at"]), at(run["ended_at"])
    going_on = end is None and run["state"] == State.RUNNING
    lasted = None if start is None or (end is None and not going_on) else (now if end is None else end) - start
    return (
        plain(run["state"]),
        clock(run["started_at"]),
        took(lasted),
        _tasks(run["counts"]),
        _stored(run),
        plain(f"{run['orchestrator']}:{run['pipeline']}/{run['run_id']}"),
    )


def _tasks(counts: Mapping[str, int]) -> str:
    """All attempts, and how many of them are why a run fails."""
    failing = sum(count for state, count in counts.items() if state in FAILING)
    return f"{sum(counts.values()):,}" + (f", {failing:,} bad" if failing else "")


def _stored(run: Mapping[str, Any]) -> str:
    """The fate, and what is wrong with it: `kept`, `kept, partial 11/12`, `sampled out`, `open`."""
    fate, complete = plain(run["fate"] or "open").replace("_", " "), run["completeness"]
    if complete["status"] == "partial":
        return f"{fate}, partial {complete['captured']:,}/{complete['expected']:,}"
    return fate


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    front = (set_cell_size(cell, width) for cell, width in zip(row[:-1], widths[:-1], strict=True))
    return "  ".join([*front, row[-1]])
