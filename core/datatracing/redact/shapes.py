"""Secrets that are known by their shape, wherever they stand.

Every pattern is linear: what repeats begins at a literal or behind a lookbehind, and can be split in one way only.
Patterns that begin with a known prefix also match when their end was cut off.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from datatracing.redact.masks import LONGEST, MASKED, Masks, mask_around
from datatracing.redact.numbers import CARD, IBAN, SSN, is_card, is_iban
from datatracing.redact.patterns import Pattern
from datatracing.redact.tokens import KEY_AND_SECRET, STORAGE_KEY, TOKENS


def always(_secret: str) -> bool:
    """For shapes that leave no doubt."""
    return True


class Shape(NamedTuple):
    """Masks the group of every match that passes `test`. Without one of the lower-case `hints` there is none."""

    rule: str
    hints: tuple[str, ...]
    pattern: Pattern
    test: Callable[[str], bool] = always
    group: str | int = "secret"

    def possible(self, lowered: str) -> bool:
        """The cheap way to a no."""
        for hint in self.hints:  # noqa: SIM110  # any() of a generator takes twice as long
            if hint in lowered:
                return True
        return False

    def mask(self, text: str, masks: Masks) -> str:
        """The text with what has this shape masked."""
        if not self.pattern.search(text):
            return text
        return self.pattern.sub(lambda found: self._covered(found, masks), text)

    def _covered(self, found: "re.Match[str]", masks: Masks) -> str:
        secret, whole = found[self.group], found.group()
        if not secret or not self.test(secret) or _part_of_mask(found.string, found.start(self.group), len(secret)):
            return whole
        at = found.start(self.group) - found.start()
        return whole[:at] + masks.cover(self.rule, secret) + whole[at + len(secret) :]


def _part_of_mask(text: str, start: int, size: int) -> bool:
    """A pattern of the user's can match hex digits inside a mask, which must not be masked again and again."""
    around = mask_around(text, start + 1) if size < LONGEST else None
    return around is not None and start + size <= around[1]


def is_bearer(secret: str) -> bool:
    """`Bearer authentication` is prose: a token has a digit, capitals inside, or a length that no word has."""
    return len(secret) >= 30 or any(char.isdigit() for char in secret) or secret[1:].lower() != secret[1:]


def is_basic(secret: str) -> bool:
    """`Basic authentication` is prose: what follows in a header is `user:password` in base64."""
    from base64 import b64decode

    try:
        plain = b64decode(secret.rstrip("=") + "=" * (-len(secret.rstrip("=")) % 4), validate=True).decode()
    except ValueError:
        return False
    return ":" in plain and plain.isprintable()


def _is_user_token(secret: str) -> bool:
    return any(char.isdigit() for char in secret)


FILE_ENDS = frozenset(
    (
        "png jpg jpeg gif svg webp ico css js mjs ts tsx jsx map json yaml yml xml csv tsv parquet avro orc txt "
        "md log gz zip tar "
        "py pyc so jar whl sql html htm pdf docx xlsx java go rs rb sh tf cfg ini toml lock bak tmp git"
    ).split()
)
"""`price@2x.png` is a picture. Those that are also the end of a country's domain are few, and people's are not """
"""there."""
VERSION = Pattern(r"v?[0-9]+(?:\.[0-9x*]+)*(?:[-.+][\w.]*)?")


def _is_address(secret: str) -> bool:
    """`git@` is nobody's address, `tok_...@host` is a masked password in front of a host, `pkg@1.2.dev` a version."""
    local, _, domain = secret.partition("@")
    if local in {"git", "_HOST"} or MASKED.fullmatch(local) or VERSION.fullmatch(domain):
        return False
    return domain.rpartition(".")[2].lower() not in FILE_ENDS


_KEY_BLOCK = r"-----{} [A-Z0-9 ]{{0,60}}PRIVATE KEY(?: BLOCK)?-----"
_KEY_END = _KEY_BLOCK.format("END")
KEY_END = Pattern(_KEY_END)
BASE64_LINES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\\ \t\r\n"

SELF_EVIDENT = (
    Shape("token", ("akia", "asia"), KEY_AND_SECRET),
    Shape("token", ("==",), STORAGE_KEY),
    *(Shape("token", hints, pattern) for hints, pattern in TOKENS),
)
PRIVATE_KEY = Shape(
    "private_key", ("private key",), Pattern(rf"(?P<secret>{_KEY_BLOCK.format('BEGIN')}[\s\S]*?(?:{_KEY_END}|\Z))")
)
HOOKS = (
    Shape(
        "token",
        ("hook", "/services/", "/workflows/", "/triggers/"),
        Pattern(
            r"(?i)(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/"
            r"|/services/(?=T[0-9A-Z]{3,20}/B[0-9A-Z]{3,20}/)"
            r"|/api/(?:v[0-9]{1,2}/)?webhooks/(?=[0-9]{10,})|/webhookb2/|office\.com/webhook/"
            r"|hooks\.zapier\.com/hooks/catch/"
            r"|/hooks/(?=[a-z0-9]{20,})|hook\.(?:eu|us)[0-9]{0,2}\.make\.com/|/IncomingWebhook/)(?P<secret>[\w/+@.=-]+)"
        ),
    ),
    Shape(
        "token",
        ("/integration", "/with/key/", "hc-ping", "/bot", "/hook"),
        Pattern(
            r"(?i)(?:/integration/(?=[0-9a-f]{32})|/integrations/generic/[0-9]{1,12}/alert/|/with/key/"
            r"|hc-ping\.com/|/bot(?=[0-9]{6,12}:))(?P<secret>[\w:-]{10,})"
        ),
    ),
)
"""Whoever has such a path may write there."""
CARD_NUMBER = Shape("card", (), CARD, is_card)
ACCOUNT = Shape("account", (), IBAN, is_iban)
SOCIAL = Shape("account", (), SSN)

URLS = (
    # Up to the last @ in front of a query, because people forget to escape / and @ in passwords; a port is no password.
    Shape(
        "url",
        ("://",),
        Pattern(
            r"""://(?!\[)[^\s/?#:"'<>]*:(?!\d{1,5}(?:[/?#,;\s"'<>]|$)|//[^\s/@]*:)"""
            r"""(?P<secret>(?:(?!://)[^\s?#"'<>])+(?=@)|(?:(?!://)[^\s"'<>])+?(?=@))"""
        ),
    ),
    Shape("url", ("://",), Pattern(r"://(?P<secret>[\w~-]{20,})@"), _is_user_token),
    Shape("url", (":thin:",), Pattern(r"(?i):thin:[^/\s:@]{0,128}/(?P<secret>[^@\s]{1,128})(?=@)")),
    *HOOKS,
)
"""Passwords in URLs and connection strings. Host and database stay."""

DOMAIN = r"(?:[\w-]+\.)+[^\W\d_]{2,24}(?!\w)"
ADDRESSES = (
    Shape(
        "userinfo",
        ("@",),
        Pattern(r"""(?<=\w)(?<!mailto):(?P<secret>[^\s@:/"'<>,;()\[\]{}]+)@(?!sha256:)(?=[\w\[])"""),
    ),
    # Addresses that are glued together are masked as one, or the second would not be seen to begin.
    # Behind // what stands before the only @ is a user of that host, not somebody's address.
    Shape(
        "email",
        ("@",),
        Pattern(
            r"(?<![\w.%+-])(?!(?<=\w/)[\w.+-]+@[A-Z0-9.-]+(?![\w]))(?:(?<!//)|(?<=//)(?=[^\s/@]+@[^\s/@]+@))"
            rf"(?P<secret>[\w.%+-]+@{DOMAIN}(?:[.%+-][\w.%+-]*@{DOMAIN})*)"
        ),
        _is_address,
    ),
    Shape("email", ("%40",), Pattern(rf"(?<![\w.+-])(?P<secret>[\w.+-]+%40{DOMAIN}(?:[.+-][\w.+-]*%40{DOMAIN})*)")),
)
"""What stands around an @."""


def mask_key_ends(text: str, masks: Masks) -> str:
    """The end of a private key whose beginning was cut off: the base64 lines above it go too."""
    parts, last = [], 0
    for found in KEY_END.finditer(text):
        before = text[last : found.start()]
        kept = before.rstrip(BASE64_LINES)
        parts += [kept, masks.cover("private_key", before[len(kept) :] + found.group())]
        last = found.end()
    return "".join([*parts, text[last:]])
