"""`spool status` and `spool ship`: what waits on this host."""

from typing import TYPE_CHECKING, Any

import typer

from datatracing.cli.connecting import Json, Store, chosen
from datatracing.cli.output import print_json

if TYPE_CHECKING:
    from pathlib import Path

    from datatracing.capture.inventory import SpoolFile

app = typer.Typer(help="Events that wait on this host.", no_args_is_help=True)

PATIENCE = 10.0
"""Seconds that `ship` waits for an agent that is at it."""


@app.command()
def status(*, json: Json = False) -> None:
    """What waits in the spool directory, and who looks after it."""
    from datatracing.capture.inventory import spool_status
    from datatracing.settings import Settings

    settings = Settings()
    files = spool_status(settings.spool_dir)
    if json:
        print_json(_document(settings.spool_dir, settings.spool_limit, files))
        return
    from datatracing.cli.terminal.text import plain

    typer.echo(f"{plain(str(settings.spool_dir))}: {_totals(files)}")
    for file in files:
        typer.echo(f"  {file.owner:11}  {file.size:>12,} bytes  {_waits(file)}  {plain(file.path.name)}")


@app.command()
def ship(*, store: Store = "", json: Json = False) -> None:
    """Send what waits here now, or wait until this host's agent has."""
    from datatracing.agent import catch_up

    report = catch_up(chosen(store).capture(), PATIENCE, bound=None)
    said = {name: value for name, value in vars(report).items() if name != "error"}
    if json:
        print_json({**said, "error": str(report.error) if report.error else None})
    elif report.agent:
        typer.echo("the agent of this host " + ("is still at it" if report.waits else "has sent everything"))
    else:
        counts = f"{report.delivered:,} delivered, {report.rejected:,} rejected, {report.lost:,} lost"
        typer.echo(f"{counts}; {'something waits still' if report.waits else 'nothing waits'}")
    if report.error is not None:
        raise report.error


def _waits(file: "SpoolFile") -> str:
    if file.owner == "unreadable":
        return f"of user {file.uid}, who has to send it: `datatracing spool ship` as that user"
    damage = f", {file.damaged:,} damaged" if file.damaged else ""
    return f"{file.events:,} events, {file.losses:,} losses{damage}"


def _document(spool_dir: "Path", limit: int, files: "list[SpoolFile]") -> dict[str, Any]:
    described = [{**vars(file), "path": str(file.path)} for file in files]
    return {"spool_dir": str(spool_dir), "limit": limit, "size": sum(file.size for file in files), "files": described}


def _totals(files: "list[SpoolFile]") -> str:
    if not files:
        return "nothing waits"
    from datatracing.query.stages import count

    events, size = sum(file.events for file in files), sum(file.size for file in files)
    return f"waiting: {count(events, 'event')} in {count(len(files), 'file')}, {size:,} bytes"
