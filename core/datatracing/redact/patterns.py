"""Regular expressions that are compiled when they are first needed.

Compiling the rules takes longer than redacting a thousand healthy events, and most of the rules are never needed in a
task's process: nothing in it looks like a private key.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property


class Pattern:
    """The part of re.Pattern that redaction uses."""

    def __init__(self, source: str, flags: int = 0) -> None:
        self.source = source
        self._flags = flags

    @cached_property
    def _compiled(self) -> "re.Pattern[str]":
        return re.compile(self.source, self._flags)

    @cached_property
    def search(self) -> Callable[..., "re.Match[str] | None"]:
        """As re.Pattern.search; looked up once, because it is on the way of every healthy value."""
        return self._compiled.search

    @property
    def groups(self) -> Mapping[str, int]:
        """Named groups. re.error when the source is no regular expression."""
        return self._compiled.groupindex

    def match(self, text: str, start: int = 0) -> "re.Match[str] | None":
        """At exactly this place."""
        return self._compiled.match(text, start)

    def fullmatch(self, text: str) -> "re.Match[str] | None":
        """The whole text."""
        return self._compiled.fullmatch(text)

    def finditer(self, text: str, start: int = 0, end: int = sys.maxsize) -> Iterator["re.Match[str]"]:
        """All matches between the two places."""
        return self._compiled.finditer(text, start, end)

    def sub(self, replace: "Callable[[re.Match[str]], str]", text: str) -> str:
        """All matches replaced."""
        return self._compiled.sub(replace, text)
