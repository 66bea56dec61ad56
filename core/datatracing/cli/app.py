"""The commands under one name, and how they end: an exit code, and one line on standard error when it is not 0."""

import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any

import typer
from typer.main import get_command

from datatracing import __version__
from datatracing.cli import agent, db, demo, doctor, extensions, reading, redact, serve, spool, tokens
from datatracing.cli.output import prepare_streams
from datatracing.errors import DataTracingError

app = typer.Typer(
    name="datatracing",
    help="One complete, explained trace for every Airflow, Dagster and Prefect run.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(reading.runs)
app.command()(reading.trace)
app.command()(reading.why)
app.command()(redact.redact)
app.command()(serve.serve)
app.command()(doctor.doctor)
app.command()(demo.demo)
app.add_typer(agent.app, name="agent")
app.add_typer(spool.app, name="spool")
app.add_typer(db.app, name="db")
app.add_typer(tokens.app, name="tokens")

USAGE, INTERRUPTED = 2, 130


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"datatracing {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """The options of `datatracing` itself; `--version` has done its work by the time this is called."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. An error becomes one line on standard error, never a stack trace."""
    prepare_streams()
    try:
        ended = command(arguments).main(list(arguments), prog_name="datatracing", standalone_mode=False)
    except DataTracingError as error:
        return _failed(str(error), error.exit_code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _unplanned(error)
    return ended if isinstance(ended, int) else 0


def command(arguments: Sequence[str]) -> Any:
    """With the commands of installed packages, unless one of our own is asked for: those cost an orchestrator's import
    or two, and are needed for theirs and for the list of all."""
    ours = get_command(app)
    word = next((each for each in arguments if not each.startswith("-")), "")
    if word in getattr(ours, "commands", ()):
        return ours
    _add_extensions()
    return get_command(app)


@lru_cache(maxsize=1)
def _add_extensions() -> None:
    for name, group in extensions.commands():
        app.add_typer(group, name=name)


def _unplanned(error: Exception) -> int:
    """Bad usage, which Typer raises under a name that differs between its versions; or a fault of ours."""
    told = getattr(error, "format_message", None)
    if told is None:
        return _failed(f"this should not happen, please report it: {type(error).__name__}: {error}", 1)
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(error)
        return 0
    return _failed(f"{told()} (datatracing --help says more)", USAGE)


def _failed(message: str, code: int) -> int:
    from datatracing.cli.terminal.text import plain

    sys.stderr.write(f"datatracing: {plain(message)}\n")
    return code
