"""What a pipeline glob means, the same in every store: * is any text, ? is one character, all else is itself."""

import re
from dataclasses import dataclass

ESCAPE = "!"
"""Not a backslash: databases disagree on whether that one needs escaping itself."""

_IN_LIKE = {"*": "%", "?": "_", "%": f"{ESCAPE}%", "_": f"{ESCAPE}_", ESCAPE: ESCAPE * 2}


@dataclass(frozen=True)
class Glob:
    """A pattern that covers a whole name, case-sensitive."""

    text: str

    @property
    def exact(self) -> bool:
        """Whether it can only match itself, so that an index finds it."""
        return not set(self.text) & {"*", "?"}

    @property
    def regex(self) -> "re.Pattern[str]":
        """For `fullmatch`."""
        parts = {"*": ".*", "?": "."}
        return re.compile("".join(parts.get(char, re.escape(char)) for char in self.text), re.DOTALL)

    @property
    def like(self) -> str:
        """For LIKE with ESCAPE '!', where LIKE is case-sensitive."""
        return "".join(_IN_LIKE.get(char, char) for char in self.text)

    @property
    def sqlite(self) -> str:
        """For SQLite's GLOB, which knows character classes too; its LIKE ignores case."""
        return self.text.replace("[", "[[]")
