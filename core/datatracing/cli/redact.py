"""`redact`: what would be masked in a text, so that people can try their own."""

import sys
from typing import Annotated

import typer

from datatracing.cli.connecting import Json
from datatracing.cli.output import print_json

Text = Annotated[
    str, typer.Argument(metavar="TEXT", help="Any text; - reads it from standard input.", show_default=False)
]


def redact(text: Text, *, json: Json = False) -> None:
    """Show a text as it would be stored: masked by the built-in rules and by those of the settings."""
    from datatracing.capture import redaction
    from datatracing.settings import Settings

    redactor = redaction(Settings().capture())
    shown = redactor.text(sys.stdin.read() if text == "-" else text)
    if json:
        print_json({"text": shown, "masked": dict(redactor.counts)})
        return
    from datatracing.cli.terminal.text import plain

    typer.echo("\n".join(map(plain, shown.splitlines())))
    typer.echo(_counted(redactor.counts), err=True)


def _counted(counts: "dict[str, int]") -> str:
    rules = ", ".join(f"{count} by {rule}" for rule, count in sorted(counts.items()))
    return f"masked: {rules or 'nothing'}"
