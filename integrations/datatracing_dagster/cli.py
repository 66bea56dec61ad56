"""`datatracing dagster`: the watcher as a program of its own, for a Dagster without a daemon."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datatracing.errors import BadInputError, MissingExtraError, StoreUnreachableError

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from datatracing.hosting.tick import TickResult

app = typer.Typer(help="Store the traces of Dagster runs.", no_args_is_help=True)

PATIENCE = 5.0
"""Seconds that this host's agent may take to deliver what steps have said."""


@app.callback()
def group() -> None:
    """Store the traces of Dagster runs."""


@app.command()
def watch(
    *,
    store: Annotated[str, typer.Option(metavar="URL", help="As for every command; by default DATATRACING_STORE.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Catch up with everything that has ended, and exit.")] = False,
    interval: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.1)] = 1.0,
    announce: Annotated[bool | None, typer.Option(help="Write a link into the log of each kept run.")] = None,
    stale: Annotated[
        float | None, typer.Option(help="Seconds without a word after which an open run is stored as lost.")
    ] = None,
    look_back: Annotated[
        float | None, typer.Option(help="How many seconds old the first runs may be, when none was stored before.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Read runs again that were given up.")] = False,
) -> None:
    """Store the trace of every run that has ended in the Dagster instance of DAGSTER_HOME.

    For people who run no daemon. The sensor of `trace(defs)` does the same; both at once do no harm.
    """
    instance = _instance()
    # A person who asks for it once asks for what has just ended, too.
    settle = 0.0 if once else None
    given = {"store": store, "announce": announce, "settle_seconds": settle, "stale": stale, "look_back": look_back}
    watching = _Watching(instance, given)
    if again:
        watching.progress.forgive()
    while True:
        try:
            result = watching.catch_up(PATIENCE if once else 0.0)
        except Exception as error:  # of the store, or of Dagster's own database: either may come back
            if once:
                raise
            typer.echo(f"DataTracing goes on later: {error}", err=True)
        else:
            if once or result.completed or result.failed:
                typer.echo(str(result), err=not once)
        if once:
            return
        time.sleep(interval)


def _instance() -> "DagsterInstance":
    try:
        from dagster import DagsterInstance
    except ImportError as error:
        raise MissingExtraError("Dagster is not installed: pip install 'datatracing[dagster]'") from error
    try:
        return DagsterInstance.get()
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        raise BadInputError(f"there is no Dagster instance here: set DAGSTER_HOME ({first})") from error


class _Watching:
    """What the agent does, in the foreground."""

    def __init__(self, instance: "DagsterInstance", given: Mapping[str, Any]) -> None:
        from datatracing.connection import connect_and_prepare
        from datatracing_dagster.poller import Poller
        from datatracing_dagster.progress import Progress
        from datatracing_dagster.settings import WatchSettings
        from datatracing_dagster.watcher import Watcher

        settings = WatchSettings.read(**given)
        self.progress = Progress(instance, settings)
        self._capture = settings.all.capture()
        self._watcher = Watcher(Poller(instance, connect_and_prepare(settings.all), settings), self.progress)

    def catch_up(self, patience: float) -> "TickResult":
        """First what steps on this machine have said, so that it is there when their runs are sealed."""
        from datatracing.agent import catch_up

        report = catch_up(self._capture, patience)
        if isinstance(report.error, StoreUnreachableError):
            raise report.error
        return self._watcher.catch_up()
