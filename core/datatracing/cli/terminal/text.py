"""Strangers' text, made harmless and cut to size.

A task id or an error message can hold escape sequences, line breaks, direction controls and stacked accents. Shown as
they are, they recolour the terminal, forge lines of output, or make one name look like another.
"""

import unicodedata

from rich.cells import cell_len, set_cell_size

BLANK = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters by category, blank on the screen."""
ACCENTS = 2
"""How many combining marks one letter may carry: more of them are drawn over the lines above and below."""


def plain(text: str) -> str:
    """The text on one line, with everything that a terminal would act on written out (`\\x1b`, `\\n`, `\\u202e`)."""
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    accents = ACCENTS
    for char in text:
        if unicodedata.category(char) in {"Mn", "Me"}:
            accents += 1
            shown.append(_written_out(char) if accents > ACCENTS or _selects_variant(char) else char)
            continue
        accents = 0
        shown.append(char if char.isprintable() and char not in BLANK else _written_out(char))
    return "".join(shown)


def first_line(text: str) -> str:
    """The first line that says something, made plain; an ellipsis stands for the rest."""
    lines = [line for line in text.splitlines() if line.strip()]
    return "" if not lines else plain(lines[0].strip()) + (" ..." if len(lines) > 1 else "")


def fit(text: str, width: int, ellipsis: str = "…") -> str:
    """Exactly `width` cells. Too long a name loses its middle: pipelines differ at the front, runs at the end."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    if width <= len(ellipsis):
        return ellipsis[:width]
    room = width - len(ellipsis)
    tail = _last_cells(text, room // 3)
    return set_cell_size(text, room - cell_len(tail)) + ellipsis + tail


def _last_cells(text: str, cells: int) -> str:
    tail = ""
    for char in reversed(text):
        if cell_len(char + tail) > cells:
            break
        tail = char + tail
    return tail


def _selects_variant(char: str) -> bool:
    """Turns the letter before it into a picture of another width."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _written_out(char: str) -> str:
    written = char.encode("unicode_escape").decode("ascii")
    return written if written != char else f"\\u{ord(char):04x}"
