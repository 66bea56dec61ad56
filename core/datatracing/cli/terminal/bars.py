"""Bars: time as cells of a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from rich.text import Text

from datatracing.cli.terminal.glyphs import COLOURS, Glyphs
from datatracing.cli.terminal.rows import Part, Piece, Row
from datatracing.cli.terminal.times import at, took


@dataclass(frozen=True)
class Scale:
    """The time that a whole line stands for, in microseconds."""

    begin: int
    end: int

    @classmethod
    def of(cls, run: Mapping[str, Any], rows: Sequence[Row], now: int) -> "Scale":
        """From the run's start to its end, and as far as its tasks go beyond that."""
        moments = [moment for row in rows for piece in row.pieces for moment in (piece.begin, piece.end)]
        start, end = at(run["started_at"]), at(run["ended_at"])
        moments += [moment for moment in (start, end) if moment is not None]
        if start is not None and end is None:
            moments.append(now)
        return cls(min(moments, default=0), max(moments, default=0))

    def cell(self, moment: int, width: int) -> int:
        """The cell that a moment falls into, 0 to width - 1."""
        return min(width - 1, max(0, (moment - self.begin) * width // max(1, self.end - self.begin)))


def bar(pieces: Sequence[Piece], scale: Scale, width: int, glyphs: Glyphs) -> Text:
    """Waiting is drawn first and running last: the shortest run still takes a cell."""
    if not width:
        return Text()
    signs = {Part.RETRY: glyphs.retry, Part.WAIT: glyphs.wait, Part.POINT: glyphs.point, Part.RUN: glyphs.run}
    cells = [(" ", "")] * width
    for part, sign in signs.items():
        for piece in pieces:
            if piece.part is part:
                colour = "bright_black" if part in {Part.RETRY, Part.WAIT} else COLOURS.get(piece.state, "")
                first, last = scale.cell(piece.begin, width), _last_cell(piece, scale, width)
                cells[first : last + 1] = [(sign, colour)] * (last + 1 - first)
    runs = [("".join(sign for sign, _ in run), colour) for colour, run in groupby(cells, key=itemgetter(1))]
    return Text.assemble(*runs)


def _last_cell(piece: Piece, scale: Scale, width: int) -> int:
    """An end on the border between two cells belongs to the first of them."""
    return max(scale.cell(piece.begin, width), scale.cell(max(piece.begin, piece.end - 1), width))


def axis(scale: Scale, width: int) -> str:
    """Durations since the run's start: at the front, in the middle and at the end, as far as they fit."""
    if not width:
        return ""
    whole = scale.end - scale.begin
    end, middle = took(whole), took(whole // 2)
    line = f"0s{end:>{width - 2}}"
    place = width // 2
    if place > 4 and place + len(middle) + 2 < width - len(end):
        line = line[:place] + middle + line[place + len(middle) :]
    return line
