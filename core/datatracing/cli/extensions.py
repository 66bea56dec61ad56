"""What installed packages add to the command line, by entry point. Core never imports an orchestrator by name."""

from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from datatracing.ops.finding import Finding

COMMANDS, CHECKS = "datatracing.commands", "datatracing.checks"


def commands() -> Iterator[tuple[str, typer.Typer]]:
    """Groups of commands by name. One that cannot be loaded says so when it is called, and harms no other command."""
    for entry in entry_points(group=COMMANDS):
        try:
            yield entry.name, entry.load()
        except Exception as error:
            yield entry.name, _broken(entry, error)


def findings() -> "Iterator[Finding]":
    """What every package has to say to `doctor`."""
    for entry in entry_points(group=CHECKS):
        yield from _findings(entry)


def _findings(entry: EntryPoint) -> "Iterator[Finding]":
    from datatracing.ops.finding import Finding

    try:
        check: Callable[[], Iterable[Finding]] = entry.load()
        yield from check()
    except Exception as error:
        detail = f"the check did not work: {type(error).__name__}: {error}"
        yield Finding(entry.name, ok=False, detail=detail, advice="please report it")


def _broken(entry: EntryPoint, error: Exception) -> typer.Typer:
    """Takes any words, to give its reason instead of a complaint about them."""
    said = f"{entry.value} cannot be loaded: {type(error).__name__}: {error}"
    broken = typer.Typer(help="Cannot be loaded in this environment.", invoke_without_command=True)

    @broken.callback(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
    def explain() -> None:
        raise typer.BadParameter(said)

    return broken
