"""Which names promise a secret. Names are compared by word pieces, so `tokenizer` and `keyboard` promise nothing."""

from collections.abc import Iterable
from enum import Enum
from itertools import pairwise

from datatracing.redact.patterns import Pattern

CAMEL = Pattern(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
WORD = Pattern(r"[^\W_]+")
NAME_LIMIT = 2_000
"""Characters of a name that are looked at, from its end, where the word that decides mostly stands."""
CACHE_LIMIT = 2_000
CACHED_NAME_LIMIT = 100

ENDINGS = (
    *("password", "passwords", "passwd", "pwd", "passphrase", "passcode", "secret", "secrets", "token", "tokens"),
    *("apikey", "apikeys", "accesskey", "secretkey", "privatekey", "credential", "credentials"),
)
"""Also when glued to what stands before them: `PGPASSWORD`, `authtoken`. No harmless word ends like this."""
WORDS = frozenset(
    {"authorization", "cred", "creds", "cookie", "cookies", "session", "sessionid", "bearer", "jwt", "otp", "webhook"}
    | {"accountkey", "sharedaccesskey", "signingkey", "encryptionkey", "fernetkey", "keyfile"}
)
KEY_OWNERS = ("api", "access", "private", "secret", "account", "service", "master", "encryption", "signing", "fernet")
PHRASES = frozenset(
    {
        (owner, key)
        for owner in (*KEY_OWNERS, "ssh", "hmac", "storage", "subscription", "auth")
        for key in ("key", "keys")
    }
    | {("amz", "signature"), ("goog", "signature"), ("access", "signature"), ("client", "assertion")}
    | {("client", "key"), ("auth", "header"), ("auth", "code"), ("account", "json"), ("account", "info")}
)
LAST_WORDS = frozenset({"pass", "auth"})
"""`smtp_pass` and `proxy_auth`, but neither `pass_count` nor `auth_backend`."""
CONNECTIONS = frozenset((one, two) for one in ("connection", "conn") for two in ("string", "str", "uri", "url"))
METERS = frozenset(
    {"count", "counts", "total", "max", "min", "limit", "length", "size", "used", "usage", "per", "remaining", "num"}
    | {"ttl", "expiry", "expires", "expiration", "duration", "timeout", "age", "seconds", "policy", "type", "tokens"}
)
PARSERS_WORDS = frozenset({"unexpected token", "invalid token", "next token", "current token"})
"""What parsers say about other people's text."""
STEMS = (
    *("pass", "pwd", "secret", "token", "key", "cred", "auth", "cookie", "session", "bearer", "jwt", "otp"),
    *("webhook", "sig", "conn", "dsn", "account", "client"),
)
"""Every name above contains one of these; a text that contains none is not taken to pieces."""


class Promise(Enum):
    """What the value under a name is."""

    NOTHING = 0
    SECRET = 1
    METER = 2
    """A number about secrets (`max_tokens`, `token_ttl`) is not one; a text under the same name may be."""
    CONNECTION = 3
    """Worth keeping apart from the password in it, when that is found."""


class Names:
    """Judges names. `more` are names that promise a secret besides the built-in ones, taken to pieces the same way."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        self._more = frozenset(split for split in map(pieces, more) if split)
        self._longest = max(map(len, self._more), default=0)
        self._stems = (*STEMS, *sorted({max(split, key=len) for split in self._more}))
        self._known: dict[str, Promise] = {}

    def promise(self, name: str) -> Promise:
        """What the value under `name` is."""
        found = self._known.get(name)
        if found is None:
            found = self._judge(name[-NAME_LIMIT:])
            if len(name) <= CACHED_NAME_LIMIT and len(self._known) < CACHE_LIMIT:
                self._known[name] = found
        return found

    def promise_in_prose(self, words: str) -> Promise:
        """As `promise`, for the one or two words before a `:` or `=`, of which the last one decides.

        `api key: x` is a secret, `session started: x` is not; `conn = x` is a line of code.
        """
        first, _, last = words.rpartition(" ")
        if last.lower() == "conn" or words.lower() in PARSERS_WORDS:
            return Promise.NOTHING
        found = self.promise(last)
        if found is Promise.NOTHING and first and self.promise(first) is Promise.NOTHING:
            return self.promise(words)
        return found

    def hinted(self, lowered: str) -> bool:
        """Whether a lower-case text can hold a name that promises something: the cheap way to a no."""
        for stem in self._stems:  # noqa: SIM110  # any() of a generator takes twice as long, on every value's way
            if stem in lowered:
                return True
        return False

    def _judge(self, name: str) -> Promise:
        if not self.hinted(name.lower()):
            return Promise.NOTHING
        split = pieces(name)
        if self._asked_for(split):
            return Promise.SECRET
        if _secret(split):
            return Promise.METER if METERS.intersection(split) else Promise.SECRET
        return Promise.CONNECTION if _connects(split) else Promise.NOTHING

    def _asked_for(self, split: tuple[str, ...]) -> bool:
        sizes = range(1, self._longest + 1)
        return any(split[at : at + size] in self._more for size in sizes for at in range(len(split)))


def pieces(name: str) -> tuple[str, ...]:
    """`dbPassword2` -> ("db", "password"), `X-API-Key` -> ("x", "api", "key"). A number at the end says nothing."""
    words = (found.group().lower().rstrip("0123456789") for found in WORD.finditer(CAMEL.sub(lambda _: "_", name)))
    return tuple(word for word in words if word)


def _pairs(split: tuple[str, ...]) -> set[tuple[str, str]]:
    return set(pairwise(split))


def _secret(split: tuple[str, ...]) -> bool:
    if any(word in WORDS or word.endswith(ENDINGS) for word in split):
        return True
    last = split[-1:] and split[-1] in LAST_WORDS
    return bool(last or split == ("sig",) or split[-2:] == ("service", "account") or _pairs(split) & PHRASES)


def _connects(split: tuple[str, ...]) -> bool:
    """`sql_alchemy_conn` and `AIRFLOW_CONN_SHOP` are; `conn_id` is not."""
    named = split[-1:] == ("conn",) or split[:2] == ("airflow", "conn") or "dsn" in split
    return named or bool(_pairs(split) & CONNECTIONS)
