"""The tasks of a run over time: a line per row, its bar split into waiting, running and waiting for the retry."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from datatracing.cli.terminal.bars import Scale, axis, bar
from datatracing.cli.terminal.glyphs import COLOURS, Glyphs
from datatracing.cli.terminal.rows import Part, Row
from datatracing.cli.terminal.text import fit, plain

ERROR_LINES = 3
NARROWEST_BAR = 10
DURATION = 7
"""Cells of a duration."""


@dataclass(frozen=True)
class Columns:
    """Cells of each column. A bar of 0 cells is left out."""

    label: int
    state: int
    bar: int

    @classmethod
    def of(cls, rows: Sequence[Row], width: int) -> "Columns":
        """Names get what they need up to two fifths of the width; the bar gets the rest, if it can show anything."""
        state = max((len(row.state) for row in rows if not row.note), default=5)
        need = [cell_len(row.text) - (1 + state if row.note else 0) for row in rows]
        label = max(10, min(max(need, default=4), width * 2 // 5))
        left = width - (2 + label + 1 + state + 2 * (1 + DURATION) + 2)
        return cls(label, max(5, state), left if left >= NARROWEST_BAR else 0)

    @property
    def left(self) -> int:
        """Label and state together, where a folded task writes its counts."""
        return self.label + 1 + self.state


def waterfall(rows: Sequence[Row], scale: Scale, width: int, glyphs: Glyphs) -> Iterator[Text]:
    """Lines of at most `width` cells."""
    columns = Columns.of(rows, width)
    titles = f"  {'task':{columns.label}} {'state':{columns.state}} {'wait':>{DURATION}} {'took':>{DURATION}}"
    yield Text(f"{titles}  {axis(scale, columns.bar)}".rstrip(), "bright_black")
    for row in rows:
        yield _line(row, scale, columns, glyphs)
        yield from wrapped(row.error, width, 4 + 2 * row.depth)
    if columns.bar:
        yield _legend(rows, glyphs)


def wrapped(message: str, width: int, indent: int, style: str = "red") -> Iterator[Text]:
    """An error message over a few lines; the middle of a longer one is left out."""
    room = max(20, width - indent)
    left = fit(message, room * ERROR_LINES) if cell_len(message) > room * ERROR_LINES else message
    while left:
        cut = len(left)
        while cell_len(left[:cut]) > room:
            cut -= max(1, (cell_len(left[:cut]) - room) // 2)
        yield Text(" " * indent + left[:cut], style)
        left = left[cut:].lstrip()


def _line(row: Row, scale: Scale, columns: Columns, glyphs: Glyphs) -> Text:
    colour = COLOURS.get(row.state, "")
    line = Text.assemble((glyphs.state(row.state), colour), " ")
    if row.note:
        line.append(fit(row.text, columns.left, glyphs.ellipsis))
    else:
        line.append(fit(row.text, columns.label, glyphs.ellipsis) + " ")
        line.append(fit(plain(row.state), columns.state, glyphs.ellipsis), colour)
    line.append(f" {row.waited:>{DURATION}} {row.took:>{DURATION}}  ")
    line.append_text(bar(row.pieces, scale, columns.bar, glyphs))
    line.rstrip()
    return line


def _legend(rows: Sequence[Row], glyphs: Glyphs) -> Text:
    parts = {piece.part for row in rows for piece in row.pieces}
    words = [(Part.WAIT, glyphs.wait, "waiting to run"), (Part.RUN, glyphs.run, "running")]
    words.append((Part.RETRY, glyphs.retry, "waiting for the retry"))
    return Text("  " + "   ".join(f"{sign} {word}" for part, sign, word in words if part in parts), "bright_black")
