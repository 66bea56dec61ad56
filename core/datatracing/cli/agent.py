"""`agent`: the process that ships and watches on this host, run by an operator; `agent status` and `agent stop`."""

from typing import TYPE_CHECKING, Any

import typer

from datatracing.cli.connecting import Json
from datatracing.cli.output import print_json
from datatracing.errors import BadInputError, DataTracingError

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


@app.command()
def stop() -> None:
    """Tell the agent of this host to end after a last delivery, and wait until it has.

    Whatever starts agents starts another one when it has something to say.
    """
    from datatracing.agent.stop import stop as stop_agents
    from datatracing.settings import Settings

    directory = Settings().capture().anchored().spool_dir
    try:
        left = stop_agents(directory)
    except PermissionError as error:
        raise BadInputError(f"the agent of {directory} is another user's: stop it as that user") from error
    if left:
        raise DataTracingError(f"an agent is still at work on {directory}: {', '.join(left)}")
    typer.echo(f"no agent is at work on {directory}")


def _status(settings: "CaptureSettings") -> dict[str, Any]:
    from datatracing.agent.stop import held

    directory = settings.spool_dir
    return {
        "spool_dir": str(directory),
        "duties": [{"duty": name, **facts} for name, facts in held(directory).items()],
    }


def _line(duty: dict[str, Any]) -> str:
    since = f"process {duty['pid']}" if "pid" in duty else "held"
    attends = f", ends with process {duty['attends']}" if duty.get("attends") else ""
    outage = f"; the store is away: {duty['outage']}" if duty.get("outage") else ""
    return f"{duty['duty']:16}  {since}{attends}{outage}"
