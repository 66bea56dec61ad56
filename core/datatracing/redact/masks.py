"""What stands where a secret stood, and how often which rule put it there."""

from collections import Counter

from datatracing.redact.patterns import Pattern

HIDDEN = "***"
MASK = r"(?:\*\*\*|tok_[0-9a-f]{16})"
MASKED = Pattern(MASK)
"""Both kinds, whichever was asked for here: what another process masked stays as it is."""
LONGEST = 20


class Masks:
    """Masks secrets and counts them by rule.

    With a key, equal secrets get equal masks (the first 8 bytes of HMAC-SHA256), so that runs which used the same
    secret can be joined without anyone learning it. The key is in no repr and no message. Counts are for people:
    threads that count at the same moment may lose one.
    """

    def __init__(self, key: bytes = b"") -> None:
        self._key = key
        self.counts: Counter[str] = Counter()

    def cover(self, rule: str, secret: str) -> str:
        """The mask of `secret`. What is masked already stays as it is and is not counted again."""
        if not secret or MASKED.fullmatch(secret):
            return secret
        self.counts[rule] += 1
        return self._token(secret) if self._key else HIDDEN

    def _token(self, secret: str) -> str:
        import hmac  # 3 ms that a process which asks for no tokens does not pay

        return f"tok_{hmac.digest(self._key, secret.encode('utf-8', 'surrogatepass'), 'sha256').hex()[:16]}"


def mask_around(text: str, at: int) -> tuple[int, int] | None:
    """Start and end of the mask that a cut at this place would halve."""
    around = MASKED.finditer(text, max(0, at - LONGEST), at + LONGEST)
    return next((found.span() for found in around if found.start() < at < found.end()), None)
