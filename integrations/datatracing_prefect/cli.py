"""`datatracing prefect`: the watcher as a program of its own."""

import asyncio
import logging
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datatracing.errors import BadInputError, MissingExtraError

if TYPE_CHECKING:
    from datatracing_prefect.watch_settings import WatchSettings

app = typer.Typer(help="Store the traces of Prefect runs.", no_args_is_help=True)

PATIENCE = 5.0
"""Seconds that this host's agent may take to deliver."""
LOG_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@app.callback()
def group() -> None:
    """Store the traces of Prefect runs."""


@app.command()
def watch(
    *,
    store: Annotated[str, typer.Option(metavar="URL", help="As for every command; by default DATATRACING_STORE.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Catch up with everything that has ended, and exit.")] = False,
    interval: Annotated[
        float | None, typer.Option(help="Seconds between two looks for what no event told of; 10.", min=0.1)
    ] = None,
    grace: Annotated[
        float | None, typer.Option(help="Seconds that a run waits for tasks that outlive its flow; 30.", min=0)
    ] = None,
    stale: Annotated[
        float | None, typer.Option(help="Seconds of silence after which an open run counts as lost; 86400.", min=0.1)
    ] = None,
    announce: Annotated[
        bool, typer.Option(help="Write an artifact with the trace into each run that is kept.")
    ] = False,
) -> None:
    """Store the trace of every run that has ended on the Prefect server at PREFECT_API_URL.

    The app factory `datatracing_prefect.server:create_app` does the same inside the server; both at once do no harm.
    """
    _check_prefect()
    from datatracing_prefect.watch_settings import WatchSettings

    # A person who asks for it once asks for what has just ended, too.
    at_once = {"settle": 0.0, "grace": 0.0 if grace is None else grace} if once else {"grace": grace}
    given: dict[str, Any] = {
        "store": store,
        "interval": interval,
        "stale": stale,
        "announce": announce or None,
        **at_once,
    }
    settings = WatchSettings(**given)
    asyncio.run(_watch(settings, once))


async def _watch(settings: "WatchSettings", once: bool) -> None:
    from datatracing.agent import catch_up as deliver
    from datatracing_prefect.running import watching

    async with watching(settings) as running:
        if once:
            # What flows on this machine have said, so that it is there when their runs are sealed.
            await asyncio.to_thread(deliver, settings.all.capture(), PATIENCE)
            typer.echo(str(await running.catch_up()))
        else:
            _tell()
            await running.forever()


def _tell() -> None:
    """What is stored, and what is away, on standard error; of other libraries only what is wrong."""
    logging.basicConfig(format=LOG_LINE)
    logging.getLogger("datatracing").setLevel(logging.INFO)


def _check_prefect() -> None:
    try:
        from prefect.settings import PREFECT_API_URL
    except ImportError as error:
        raise MissingExtraError("Prefect is not installed: pip install 'datatracing[prefect]'") from error
    if not PREFECT_API_URL.value():
        raise BadInputError("there is no Prefect server to watch: set PREFECT_API_URL")
