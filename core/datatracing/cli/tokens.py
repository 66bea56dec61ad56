"""`tokens`: who may send to a collector on this store, and read from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datatracing.cli.connecting import Json, Store, connected
from datatracing.errors import BadInputError, NotFoundError
from datatracing.model.token import EVERYWHERE, Scope, Token

if TYPE_CHECKING:
    from datatracing.store.port import Store as Tokens

app = typer.Typer(help="Tokens of a collector: named, for one namespace, revocable.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for, such as `workers`.")],
    namespace: Annotated[str, typer.Option(help=f"The only one it is for; {EVERYWHERE} is all.")] = "default",
    scope: Annotated[
        list[Scope],
        typer.Option(
            help="events: for workers. manifests: for who reads the orchestrator's records. read: for people."
        ),
    ] = [Scope.EVENTS],  # noqa: B006  # Typer shows it, and nothing changes it
    *,
    store: Store = "",
) -> None:
    """Make a token and print it: once, for only its hash is kept."""
    from datatracing.access.tokens import fresh_token, token

    secret = fresh_token()
    with _kept(store) as tokens:
        tokens.add_token(token(name, namespace, scope, secret))
    typer.echo(secret)


@app.command("list")
def list_(*, as_json: Json = False, store: Store = "") -> None:
    """Show the tokens of the store, without their secrets."""
    from datatracing.query.document import dumps

    with _kept(store) as tokens:
        found = [_document(each) for each in tokens.tokens()]
    if as_json:
        typer.echo(dumps({"tokens": found}).decode())
        return
    for each in found:
        typer.echo(f"{each['name']}  namespace {each['namespace']}  {' '.join(each['scopes'])}  made {each['made_at']}")


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="As `tokens list` shows it.")], *, store: Store = "") -> None:
    """Make a token invalid. Servers that run notice within seconds."""
    with _kept(store) as tokens:
        if not tokens.revoke_token(name):
            raise NotFoundError(f"there is no token named {name!r}: `datatracing tokens list` shows those that are")


@contextmanager
def _kept(store: str) -> "Iterator[Tokens]":
    """Whoever may open the store may say who else may send to it; over HTTP nobody may."""
    from datatracing.connection.local import LocalConnection

    with connected(store) as connection:
        if not isinstance(connection, LocalConnection):
            raise BadInputError("tokens are kept in the collector's store: run this where that can be opened")
        yield connection.store


def _document(token: Token) -> dict[str, Any]:
    from datatracing.model.clock import rfc3339

    return {
        "name": token.name,
        "namespace": token.namespace,
        "scopes": sorted(scope.value for scope in token.scopes),
        "made_at": rfc3339(token.made_at),
    }
