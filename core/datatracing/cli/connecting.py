"""The options that commands share, and the store that a command works on: which, and who said so."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from datatracing.errors import StoreUnreachableError

if TYPE_CHECKING:
    from datatracing.connection import Connection
    from datatracing.settings import Settings

Store = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="Where the traces are: sqlite:///path, postgresql://..., http(s)://host/datatracing. Without it, "
        "DATATRACING_STORE, or airflow.cfg where Airflow is installed, or the default SQLite file.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document for programs.")]
RunArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A trace id, or airflow:DAG_ID/RUN_ID, dagster:JOB/RUN_ID, prefect:FLOW/RUN_ID.",
        show_default=False,
    ),
]

BOUND = 5.0
"""Seconds that a reading command takes to send what waits here, where no agent does."""
LATE = "not all that was said on this host is in the store yet: `datatracing spool status` lists what waits\n"


def chosen(store: str) -> "Settings":
    """The settings with the store that is meant, which is named on standard error: a store that somebody does not
    expect looks just like a store that is empty."""
    from datatracing.settings import Settings

    settings = Settings(store=store) if store else Settings()
    where = "--store" if store else settings.where("store")
    name_store(settings.store, f"from {where}" if where else "the default")
    return settings


def name_store(url: str, where: str) -> None:
    """One line, with no secret in it."""
    from datatracing.cli.terminal.text import plain
    from datatracing.store.address import shown

    sys.stderr.write(plain(f"store {shown(url)} ({where})") + "\n")


def ship(settings: "Settings") -> None:
    """What this host's processes have said is brought to the store first, so that what has just ended is there.

    Only where this host names one store: events never go to a file that nobody named, or to one of two.
    """
    from datatracing.agent import catch_up
    from datatracing.ops.store_places import named, one_store

    places = named()
    if places and one_store(places).ok:
        report = catch_up(settings.capture(), bound=BOUND)
        if report.waits and not isinstance(report.error, StoreUnreachableError):
            sys.stderr.write(LATE)


@contextmanager
def connected(store: str) -> "Iterator[Connection]":
    """A connection that answers. StoreUnreachableError or SchemaMismatchError says what to do where it does not."""
    from datatracing.connection import connect

    settings = chosen(store)
    if not store:
        ship(settings)
    connection = connect(settings=settings)
    try:
        connection.check()
        yield connection
    finally:
        connection.close()
