"""Who sends: the holder of a token, who is known before any byte of a body is read."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from datatracing.access.tokens import Keyring
from datatracing.model.token import Scope, Token

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


def holder_of(keyring: Keyring, *scopes: Scope) -> Callable[[Credentials], Token]:
    """A dependency that lets holders of a token with one of these scopes through, and says which one it is."""

    def holder(credentials: Credentials) -> Token:
        token = keyring.find(credentials.credentials) if credentials else None
        if token is None:
            raise HTTPException(401, "a valid bearer token is needed", {"WWW-Authenticate": "Bearer"})
        if not token.allows(*scopes):
            raise HTTPException(403, f"the token {token.name!r} has none of the scopes {', '.join(scopes)}")
        return token

    return holder
