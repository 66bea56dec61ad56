"""What goes to standard output. Everything heavy is imported when it is needed."""

import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.text import Text

    from datatracing.cli.terminal.glyphs import Glyphs

_ACTS = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
"""Characters that JSON may hold as they are, and that a terminal would act on."""


def prepare_streams() -> None:
    """A name that the terminal's encoding does not have is written out instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def print_json(document: Any) -> None:
    """One line of JSON, the same bytes whether a program or a terminal reads it."""
    from datatracing.query.document import dumps

    text = dumps(document).decode("utf-8", "replace")
    sys.stdout.write(_ACTS.sub(_escaped, text) + "\n")
    sys.stdout.flush()


def print_page(lines: "Iterable[Text]") -> None:
    """Lines that are coloured where a terminal reads them, and never cut: a long name stays one thing to copy."""
    console = _console()
    for line in lines:
        console.print(line, soft_wrap=True)


def terminal_width() -> int:
    """Cells of a line: the terminal's, or what COLUMNS says; 120 where the output is piped into something."""
    console = _console()
    return console.width if console.is_terminal or _columns_set() else 120


def glyphs() -> "Glyphs":
    """What standard output can draw."""
    from datatracing.cli.terminal.glyphs import glyphs_for

    return glyphs_for(sys.stdout.encoding or "ascii")


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, legacy_windows=False)


def _columns_set() -> bool:
    import os

    return os.environ.get("COLUMNS", "").isdigit()


def _escaped(match: "re.Match[str]") -> str:
    return "".join(f"\\u{int.from_bytes(pair, 'big'):04x}" for pair in _utf16(match.group()))


def _utf16(text: str) -> list[bytes]:
    data = text.encode("utf-16-be")
    return [data[place : place + 2] for place in range(0, len(data), 2)]
