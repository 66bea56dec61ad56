"""`agent`: the process that ships and watches on this host, run by an operator; and `agent status`."""

from typing import TYPE_CHECKING, Any

import typer

from datatracing.cli.connecting import Json
from datatracing.cli.output import print_json

if TYPE_CHECKING:
    from datatracing.capture import CaptureSettings

app = typer.Typer(help="The process on this host that brings to the store what is captured here.")

LOG_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@app.callback(invoke_without_command=True)
def run(context: typer.Context) -> None:
    """Ship what is captured on this host, and watch the orchestrator whose records can be reached, until told to end.

    Hosts start it by themselves; this is for those who would rather have it under systemd or as a sidecar.
    """
    if context.invoked_subcommand is not None:
        return
    import logging
    import signal

    from datatracing.agent.agent import Agent
    from datatracing.settings import Settings

    logging.basicConfig(format=LOG_LINE)
    logging.getLogger("datatracing").setLevel(logging.INFO)
    agent = Agent(Settings().capture().anchored())
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: agent.stop())
    agent.run()


@app.command()
def status(*, json: Json = False) -> None:
    """Which agent has which duty on this host, and whether its store answers."""
    from datatracing.settings import Settings

    document = _status(Settings().capture().anchored())
    if json:
        print_json(document)
        return
    from datatracing.cli.terminal.text import plain

    typer.echo(f"{plain(document['spool_dir'])}")
    for duty in document["duties"]:
        typer.echo(f"  {plain(_line(duty))}")
    if not document["duties"]:
        typer.echo("  no agent runs here: the next process that has something to say starts one")


def _status(settings: "CaptureSettings") -> dict[str, Any]:
    from datatracing.capture import lease

    directory = settings.spool_dir
    names = sorted(path.name.removeprefix("agent.") for path in directory.glob("agent.*"))
    duties = [name for name in names if name == lease.SHIP or name.startswith(lease.WATCH.format(""))]
    held = [(name, lease.holder(directory, name)) for name in duties]
    return {
        "spool_dir": str(directory),
        "duties": [{"duty": name, **facts} for name, facts in held if facts is not None],
    }


def _line(duty: dict[str, Any]) -> str:
    since = f"process {duty['pid']}" if "pid" in duty else "held"
    attends = f", ends with process {duty['attends']}" if duty.get("attends") else ""
    outage = f"; the store is away: {duty['outage']}" if duty.get("outage") else ""
    return f"{duty['duty']:16}  {since}{attends}{outage}"
