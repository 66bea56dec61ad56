"""Which names promise a secret. Names are compared by word pieces, so `tokenizer` and `keyboard` promise nothing."""

from collections.abc import Iterable
from enum import Enum
from itertools import pairwise

from datatracing.redact.patterns import Pattern
from datatracing.redact.vocabulary import (
    CONNECTIONS,
    DESCRIBING,
    DIGIT_NAMES,
    DIGIT_PHRASES,
    ELSEWHERE,
    FAULTS,
    HARMLESS_ENDS,
    HOLDING,
    METERS,
    PARSERS_WORDS,
    PASSWORD_ENDINGS,
    PASSWORD_WORDS,
    PHRASES,
    SECRET_ENDINGS,
    SECRET_WORDS,
    VENDORS,
    WEAK_OWNERS,
    WEAK_PHRASES,
    WEAK_WORDS,
)

CAMEL = Pattern(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
WORD = Pattern(r"[^\W_]+")
NAME_LIMIT = 2_000
"""Characters of a name that are looked at, from its end, where the word that decides mostly stands."""
CACHE_LIMIT = 2_000
CACHED_NAME_LIMIT = 100


class Promise(Enum):
    """What the value under a name is."""

    NOTHING = 0
    SECRET = 1
    PASSWORD = 2
    """People choose it: any word may be one."""
    METER = 3
    """A number about secrets (`max_tokens`, `token_ttl`) is not one; a text under the same name may be."""
    WEAK = 4
    """A secret when it looks like one: `session`, `signature`, `token_type`."""
    DIGITS = 5
    """A number that belongs to a person, when it has the digits of one."""
    CONNECTION = 6
    """Worth keeping apart from the password in it, when that is found."""
    ASKED = 7
    """A name from the settings: whatever stands behind it."""


class Names:
    """Judges names. `more` are names that promise a secret besides the built-in ones, taken to pieces the same way."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        self._more = frozenset(split for split in map(pieces, more) if split)
        self._longest = max(map(len, self._more), default=0)
        self._known: dict[str, Promise] = {}

    def promise(self, name: str) -> Promise:
        """What the value under `name` is."""
        found = self._known.get(name)
        if found is None:
            found = self._judge(name[-NAME_LIMIT:])
            if len(name) <= CACHED_NAME_LIMIT and len(self._known) < CACHE_LIMIT:
                self._known[name] = found
        return found

    def promises(self, name: str) -> bool:
        """Whether the value under `name` is anything but plain."""
        return self.promise(name) is not Promise.NOTHING

    def promise_in_prose(self, words: str) -> Promise:
        """As `promise`, for the one or two words before a `:` or `=`, of which the last one decides.

        `api key: x` is a secret, `session started: x` is not; `conn = x` is a line of code.
        """
        first, _, last = words.rpartition(" ")
        if last.lower() == "conn" or words.lower() in PARSERS_WORDS:
            return Promise.NOTHING
        found = self.promise(last)
        if found is Promise.NOTHING and first and self.promise(first) in {Promise.NOTHING, Promise.WEAK}:
            return self.promise(words)
        return found

    def _judge(self, name: str) -> Promise:
        split = pieces(name)
        return Promise.ASKED if self._asked_for(split) else _promised(split)

    def _asked_for(self, split: tuple[str, ...]) -> bool:
        sizes = range(1, self._longest + 1)
        return any(split[at : at + size] in self._more for size in sizes for at in range(len(split)))


def pieces(name: str) -> tuple[str, ...]:
    """`dbPassword2` -> ("db", "password"), `X-API-Key` -> ("x", "api", "key"). A number at the end says nothing."""
    words = (found.group().lower().rstrip("0123456789") for found in WORD.finditer(CAMEL.sub(lambda _: "_", name)))
    return tuple(word for word in words if word)


def _promised(split: tuple[str, ...]) -> Promise:
    """By the last word that names a secret, and what is said behind it."""
    if not split or split[-1] in HARMLESS_ENDS or FAULTS.intersection(split):
        return Promise.NOTHING
    for at in range(len(split) - 1, -1, -1):
        found = _named(split, at)
        if found is not Promise.NOTHING:
            return _described(found, split, split[at + 1 :])
    return Promise.CONNECTION if _connects(split) else Promise.NOTHING


def _named(split: tuple[str, ...], at: int) -> Promise:
    """What the word at this place calls a secret, together with the one before it."""
    word, pair, last = split[at], split[max(0, at - 1) : at + 1], at == len(split) - 1
    if word.endswith(PASSWORD_ENDINGS) or (last and word in PASSWORD_WORDS):
        return Promise.PASSWORD
    if word.endswith(SECRET_ENDINGS) or word in SECRET_WORDS or pair in PHRASES or split == ("sig",):
        return Promise.SECRET
    if word in {"key", "keys"} and pair[0].endswith("api"):
        return Promise.SECRET
    if word in DIGIT_NAMES or pair in DIGIT_PHRASES:
        return Promise.DIGITS
    return Promise.WEAK if word in VENDORS or (last and _is_weak(word, pair)) else Promise.NOTHING


def _is_weak(word: str, pair: tuple[str, ...]) -> bool:
    return word in WEAK_WORDS or pair in WEAK_PHRASES or (word in {"key", "keys"} and pair[0] in WEAK_OWNERS)


def _described(found: Promise, split: tuple[str, ...], behind: tuple[str, ...]) -> Promise:
    """A word behind the secret says that it is about it: `token_type`."""
    if found is Promise.DIGITS:
        return found if not METERS.intersection(split) else Promise.NOTHING
    if METERS.intersection(split) or (split[-1] == "tokens" and not HOLDING.intersection(split)):
        return Promise.METER
    if DESCRIBING.intersection(behind) or ELSEWHERE.intersection(split) or behind[-1:] == ("id",):
        return Promise.WEAK
    return found


def _connects(split: tuple[str, ...]) -> bool:
    """`sql_alchemy_conn` and `AIRFLOW_CONN_SHOP` are; `conn_id` is not."""
    named = split[-1:] == ("conn",) or split[:2] == ("airflow", "conn") or split[-1:] == ("dsn",)
    return split[-1:] != ("id",) and (named or any(pair in CONNECTIONS for pair in pairwise(split)))
