"""`db upgrade` and `db check`: the store's tables."""

import typer

from datatracing.cli.connecting import Json, Store, chosen
from datatracing.cli.output import print_json

app = typer.Typer(help="The store's tables.", no_args_is_help=True)


@app.command()
def upgrade(*, store: Store = "", json: Json = False) -> None:
    """Create the tables or bring them up to date. May be run by many at once, and again."""
    from datatracing.store.sql import schema

    before, after = schema.upgrade(chosen(store).store)
    if json:
        print_json({"before": before, "after": after})
    elif before == after:
        typer.echo(f"nothing to do: the store is at revision {after}")
    else:
        typer.echo(f"upgraded from {before or 'nothing'} to revision {after}")


@app.command()
def check(*, store: Store = "", json: Json = False) -> None:
    """Exit 0 when the store answers and its tables fit this version."""
    from datatracing.store.sql import schema

    url = chosen(store).store
    schema.check(url)
    revision = schema.current(url)
    if json:
        print_json({"revision": revision})
    else:
        typer.echo(f"ok: the store is at revision {revision}")
