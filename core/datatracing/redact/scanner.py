"""One text, searched by every rule."""

import re
from collections.abc import Callable, Container, Iterable
from typing import Any

from datatracing.errors import BadInputError
from datatracing.redact.marked import mask_marked
from datatracing.redact.masks import Masks
from datatracing.redact.names import Names
from datatracing.redact.pairs import mask_pairs
from datatracing.redact.patterns import Pattern
from datatracing.redact.phrases import CALLS, PHRASES
from datatracing.redact.shapes import (
    ACCOUNT,
    ADDRESSES,
    CARD_NUMBER,
    PRIVATE_KEY,
    SELF_EVIDENT,
    SOCIAL,
    URLS,
    Shape,
    mask_key_ends,
)
from datatracing.redact.tokens import TOKEN_LIKE

Extra = Callable[[str], Any]
MEMO_LENGTH, MEMO_SIZE = 200, 4_000
"""Short texts that held no secret are known again: most of what a task says, every task says. Under 1 MB when full.
What the host's masker was asked is not kept: it learns new secrets while it runs."""
SHORTEST_TOKEN = 14
"""Characters. A shorter word without any mark in it is no secret that can be known by its shape."""
NUMBERS = Pattern(r"[0-9]{4}(?:[0-9]{9}|[ -][0-9]{4})|[0-9]{3}-[0-9]{2}-[0-9]{4}|[A-Z]{2}[0-9]{2}[A-Z0-9 ]{11}")


class Scanner:
    """Masks every secret in a text. The text's length is the caller's affair."""

    def __init__(self, names: Names, masks: Masks, extra: Extra | None, patterns: Iterable[str]) -> None:
        self._names = names
        self._masks = masks
        self._extra = extra
        self._harmless: set[str] = set()
        self.harmless: Container[str] = self._harmless if extra is None else frozenset()
        """Texts that are known to hold no secret. With a host's masker none is: it has to be asked each time."""
        self._asked_for = tuple(_asked_for(pattern) for pattern in patterns)

    def scan(self, text: str) -> str:
        """The text with its secrets masked. Masking twice changes nothing."""
        return self.rules(self._host_masks(self._extra, text) if self._extra else text)

    def rules(self, text: str) -> str:
        """The same without the host's masker, which knows other secrets in every process."""
        if text in self._harmless:
            return text
        made = self._ruled(text)
        if made == text and len(text) <= MEMO_LENGTH:
            self._remember(text)
        return made

    def _remember(self, text: str) -> None:
        """A text without a secret. No lock: adding and clearing are single steps, and forgetting costs only time."""
        if len(self._harmless) >= MEMO_SIZE:
            self._harmless.clear()
        self._harmless.add(text)

    def _ruled(self, text: str) -> str:
        for shape in self._asked_for:
            text = shape.mask(text, self._masks)
        return text if len(text) < SHORTEST_TOKEN and text.isidentifier() else self._masked(text)

    def _masked(self, text: str) -> str:
        """From what is a secret by itself to what needs its surroundings: a rule must not see half of a secret.

        Each step is behind the cheapest test that a healthy value fails.
        """
        lowered, masks = text.lower(), self._masks
        if "private key" in lowered:
            text = mask_key_ends(PRIVATE_KEY.mask(text, masks), masks)
        if TOKEN_LIKE.search(text):
            text = self._each(SELF_EVIDENT, text, lowered)
        if "/" in text or ":" in text:
            text = self._each(URLS, text, lowered)
        if " " in text or "<" in text or "," in text or "value" in lowered:
            text = mask_marked(text, lowered, self._names, masks)
        if "(" in text:
            text = self._each(CALLS, text, lowered)
        if _announces(lowered):
            text = mask_pairs(text, self._names, masks)
        if " " in text or ":" in text or not text.isascii():
            text = self._each(PHRASES, text, lowered)
        if "@" in text or "%40" in text:
            text = self._each(ADDRESSES, text, lowered)
        return self._numbers(text)

    def _numbers(self, text: str) -> str:
        if not NUMBERS.search(text):
            return text
        for shape in (CARD_NUMBER, ACCOUNT, SOCIAL):
            text = shape.mask(text, self._masks)
        return text

    def _each(self, shapes: tuple[Shape, ...], text: str, lowered: str) -> str:
        for shape in shapes:
            if shape.possible(lowered):
                text = shape.mask(text, self._masks)
        return text

    def _host_masks(self, extra: Extra, text: str) -> str:
        """What the host itself knows to be secret. When that fails nobody knows, so all of it is masked."""
        try:
            masked = extra(text)
        except Exception:
            return self._masks.cover("extra_failed", text)
        if not isinstance(masked, str):
            return self._masks.cover("extra_failed", text)
        if masked != text:
            self._masks.counts["extra"] += 1
        return masked


def _announces(text: str) -> bool:
    """Whether a value can stand behind a name in this text."""
    return ":" in text or "=" in text or "-" in text or "%3" in text or "：" in text or "＝" in text


def _asked_for(source: str) -> Shape:
    """A rule of the user's: what it calls `secret` is masked, or else all that it matches."""
    try:
        groups = Pattern(source).groups
    except (re.error, TypeError, RecursionError, OverflowError) as error:
        raise BadInputError(f"{source!r} is not a regular expression that redaction can use: {error}") from error
    return Shape("pattern", (), Pattern(source), group="secret" if "secret" in groups else 0)
