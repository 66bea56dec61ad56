"""`datatracing dagster`: collecting without Dagster's daemon."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datatracing.errors import BadInputError, MissingExtraError

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from datatracing_dagster.collector import Collector, Tally

app = typer.Typer(help="Collect the traces of Dagster runs.", no_args_is_help=True)

KEY = "DATATRACING_COLLECTOR"
"""Under which the cursor is kept in Dagster's own storage."""


@app.callback()
def group() -> None:
    """Collect the traces of Dagster runs."""


@app.command()
def collect(
    *,
    store: Annotated[str, typer.Option(metavar="URL", help="As for every command; by default DATATRACING_STORE.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Catch up with everything that has ended, and exit.")] = False,
    interval: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.1)] = 1.0,
    announce: Annotated[bool | None, typer.Option(help="Write a link into the log of each kept run.")] = None,
    stale: Annotated[
        float | None, typer.Option(help="Seconds without a word after which an open run is stored as lost.")
    ] = None,
    look_back: Annotated[
        float | None, typer.Option(help="How many seconds old the first runs may be, when none was collected before.")
    ] = None,
) -> None:
    """Store the trace of every run that has ended in the Dagster instance of DAGSTER_HOME.

    For people who run no daemon. The sensor of `trace(defs)` does the same; both at once do no harm.
    """
    instance = _instance()
    # A person who asks for it once asks for what has just ended, too.
    settle = 0.0 if once else None
    given = {"store": store, "announce": announce, "settle_seconds": settle, "stale": stale, "look_back": look_back}
    collector = _collector(instance, given)
    while True:
        try:
            tally = _catch_up(instance, collector)
        except Exception as error:  # of the store, or of Dagster's own database: either may come back
            if once:
                raise
            typer.echo(f"DataTracing goes on later: {error}", err=True)
        else:
            if once or tally.collected or tally.failed:
                typer.echo(str(tally), err=not once)
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


def _collector(instance: "DagsterInstance", given: Mapping[str, Any]) -> "Collector":
    from datatracing_dagster.sensor import collector
    from datatracing_dagster.settings import CollectorSettings

    return collector(instance, CollectorSettings.read(**given))


def _catch_up(instance: "DagsterInstance", collector: "Collector") -> "Tally":
    """Ticks until nothing is waiting; the cursor is kept after each, so a collector that is killed goes on there."""
    from datatracing_dagster import compat
    from datatracing_dagster.collector import Tally
    from datatracing_dagster.cursors import Cursor

    key = f"{KEY}:{collector.namespace}:{collector.connection.url}"
    total, cursor = Tally(), Cursor.read(compat.read_cursor(instance, key), collector.settings.look_back).write()
    # Kept even if nothing else is: an outage may last longer than one looks back.
    compat.write_cursor(instance, key, cursor)
    while True:
        cursor, tally = collector.tick(cursor)
        compat.write_cursor(instance, key, cursor)
        total.collected, total.failed = total.collected + tally.collected, total.failed + tally.failed
        if not tally.more:
            return total
