"""Bearer tokens."""

import hmac
import secrets


def same_token(given: str, expected: str) -> bool:
    """Compared in constant time. Where no token is expected none is right: an unset token opens nothing."""
    if not expected:
        return False
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def fresh_token() -> str:
    """A new random token, 32 bytes worth."""
    return secrets.token_urlsafe(32)
