"""Tokens in and out. There are a few, so they are always read together."""

from sqlalchemy import Connection, delete, insert, select

from datatracing.model.token import Scope, Token
from datatracing.store.port import taken
from datatracing.store.sql.tables import tokens


def valid(connection: Connection) -> list[Token]:
    """All of them, by name."""
    found = connection.execute(select(tokens)).all()
    read = (Token(row.name, row.namespace, frozenset(map(Scope, row.scopes)), row.digest, row.made_at) for row in found)
    return sorted(read, key=lambda token: token.name)


def add(connection: Connection, token: Token) -> None:
    """BadInputError when the name is taken."""
    if connection.scalar(select(tokens.c.name).where(tokens.c.name == token.name)) is not None:
        raise taken(token.name)
    values = {**vars(token), "scopes": sorted(scope.value for scope in token.scopes)}
    connection.execute(insert(tokens).values(values))


def revoke(connection: Connection, name: str) -> bool:
    """Whether there was one of this name."""
    return connection.execute(delete(tokens).where(tokens.c.name == name)).rowcount > 0
