"""The options that commands share, and the connection behind `--store`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datatracing.connection import Connection

Store = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="Where the traces are: sqlite:///path, postgresql+psycopg://..., http(s)://host/datatracing. "
        "Without it, DATATRACING_STORE or the default SQLite file.",
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


@contextmanager
def connected(store: str) -> "Iterator[Connection]":
    """A connection that answers. StoreUnreachableError or SchemaMismatchError says what to do where it does not."""
    from datatracing.connection import connect

    connection = connect(store)
    try:
        connection.check()
        yield connection
    finally:
        connection.close()
