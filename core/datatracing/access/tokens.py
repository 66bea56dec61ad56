"""Bearer tokens: 32 random bytes that are shown once, and kept as their sha256."""

import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from datatracing.errors import BadInputError, StoreUnreachableError
from datatracing.model import clock
from datatracing.model.token import EVERYWHERE, Scope, Token

PREFIX = "dtk_"
"""So that people and programs that look for secrets know one of ours when they see it."""
FRESH = 5.0
"""Seconds for which the store is not asked again; so long a revoked token may still open."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def fresh_token() -> str:
    """A new random token, 32 bytes worth."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """As it is kept. No salt and no slow hash: what is hashed is random, and not a person's word."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def token(name: str, namespace: str, scopes: Iterable[Scope], secret: str) -> Token:
    """A token under a name. BadInputError when the name, the namespace or the scopes do not do."""
    allowed = frozenset(scopes)
    if not _NAME.fullmatch(name):
        raise BadInputError(f"{name[:64]!r} is not a name for a token: letters, digits and ._- do, 64 at the most")
    if not namespace or len(namespace.encode()) > 200:
        raise BadInputError(f"a token is for one namespace, or for all with {EVERYWHERE}")
    if not allowed:
        raise BadInputError(f"a token needs a scope: {', '.join(Scope)}")
    return Token(name, namespace, allowed, digest(secret), clock.now())


def shared(secret: str, namespace: str, scopes: Iterable[Scope]) -> list[Token]:
    """The token of DATATRACING_TOKEN, as a server takes it; none where it is not set: an unset token opens nothing."""
    return [Token("DATATRACING_TOKEN", namespace, frozenset(scopes), digest(secret))] if secret else []


class Keyring:
    """Which token a secret belongs to. `kept` reads the tokens of the store, and is not asked more often than `FRESH`;
    while one caller asks it, or when it does not answer, what is known goes on to hold."""

    def __init__(self, given: Sequence[Token], kept: Callable[[], Sequence[Token]] | None = None) -> None:
        self._given = list(given)
        self._kept = kept
        self._known: Sequence[Token] | None = None
        self._until = 0.0
        self._asking = threading.Lock()

    def find(self, secret: str) -> Token | None:
        """None when it is nobody's. Raises StoreUnreachableError where only a store that never answered could tell."""
        if not secret:
            return None
        presented = digest(secret)
        return _same(self._given, presented) or _same(self._of_store(), presented)

    def _of_store(self) -> Sequence[Token]:
        if self._kept is None or (self._known is not None and time.monotonic() < self._until):
            return self._known or ()
        if not self._asking.acquire(blocking=self._known is None):
            return self._known or ()
        try:
            self._until = time.monotonic() + FRESH
            self._known = self._kept()
        except StoreUnreachableError:
            if self._known is None:
                raise
        finally:
            self._asking.release()
        return self._known


def _same(tokens: Sequence[Token], presented: str) -> Token | None:
    """All are compared, each in constant time."""
    found = [each for each in tokens if hmac.compare_digest(each.digest, presented)]
    return found[0] if found else None
