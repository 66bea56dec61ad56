"""Secrets that are known by their shape, wherever they stand.

Every pattern is linear: what repeats begins at a literal or behind a lookbehind, and can be split in one way only.
Patterns that begin with a known prefix also match when their end was cut off.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from datatracing.redact.cards import CARD, is_card
from datatracing.redact.masks import LONGEST, MASKED, Masks, mask_around
from datatracing.redact.patterns import Pattern


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


def _is_bearer(secret: str) -> bool:
    """`Bearer authentication` is prose: a token has a digit, capitals inside, or a length that no word has."""
    return len(secret) >= 30 or any(char.isdigit() for char in secret) or secret[1:].lower() != secret[1:]


def _is_basic(secret: str) -> bool:
    """`Basic authentication` is prose: what follows in a header is `user:password` in base64."""
    from base64 import b64decode

    try:
        plain = b64decode(secret.rstrip("=") + "=" * (-len(secret.rstrip("=")) % 4), validate=True).decode()
    except ValueError:
        return False
    return ":" in plain and plain.isprintable()


def _is_user_token(secret: str) -> bool:
    return any(char.isdigit() for char in secret)


def _is_address(secret: str) -> bool:
    """`git@` is nobody's address, and `tok_...@host` is a masked password in front of a host."""
    local = secret.partition("@")[0]
    return local != "git" and not MASKED.fullmatch(local)


_KEY_BLOCK = r"-----{} [A-Z0-9 ]{{0,60}}PRIVATE KEY(?: BLOCK)?-----"
_KEY_END = _KEY_BLOCK.format("END")
KEY_END = Pattern(_KEY_END)
BASE64_LINES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\\ \t\r\n"

PREFIXED = (
    r"eyJ[\w-]{16,}(?:\.[\w-]*){0,4}",  # JSON Web Token, signed or encrypted, also without its end
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",  # AWS key ids
    r"(?:FwoG|IQoJ)[A-Za-z0-9+/=]{60,}",  # AWS session tokens
    r"AIza[\w-]{35}",  # Google API key
    r"ya29\.[\w.-]{20,}",  # Google OAuth
    r"GOCSPX-[\w-]{20,}",
    r"gh[pousr]_[A-Za-z0-9]{20,}",  # GitHub
    r"github_pat_\w{20,}",
    r"glpat-[\w-]{16,}",  # GitLab
    r"xox[a-z]-[\w-]{10,}",  # Slack
    r"xapp-[\w-]{10,}",
    r"(?:sk|rk|pk)_(?:live|test)_\w{10,}",  # Stripe
    r"sk-[\w-]{20,}",  # OpenAI, Anthropic
    r"SG\.[\w-]{16,}\.[\w-]{16,}",  # SendGrid
    r"(?:npm|hf|pnu|pnb)_[A-Za-z0-9]{30,}",  # npm, Hugging Face, Prefect
    r"pypi-[\w-]{40,}",
    r"dapi[0-9a-f]{32}",  # Databricks
    r"hv[sb]\.[\w-]{20,}",  # Vault
)
SELF_EVIDENT = Shape("token", (), Pattern(rf"(?<![A-Za-z0-9])(?P<secret>{'|'.join(PREFIXED)})"))
PRIVATE_KEY = Shape(
    "private_key", ("private key",), Pattern(rf"(?P<secret>{_KEY_BLOCK.format('BEGIN')}[\s\S]*?(?:{_KEY_END}|\Z))")
)
SLACK_HOOK = Shape(
    "token",
    ("hooks.slack.com",),
    Pattern(r"(?i)hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[\w/+-]+)"),
)
CARD_NUMBER = Shape("card", (), CARD, is_card)

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
    SLACK_HOOK,
)
"""Passwords in URLs and connection strings. Host and database stay."""

PHRASES = (
    Shape("bearer", ("bearer",), Pattern(r"(?i)\bbearer[ \t]+(?P<secret>[\w.~+/=-]{8,})"), _is_bearer),
    Shape("basic", ("basic",), Pattern(r"(?i)\bbasic[ \t]+(?P<secret>[A-Za-z0-9+/=]{6,})"), _is_basic),
    Shape(
        "quoted",
        ("passw", "pwd", "identified"),
        Pattern(
            r"""(?i)(?:password|passwd|pwd|identified\s{1,9}by)\s{1,9}"""
            r"""(?P<quote>["'])(?P<secret>(?:(?P=quote){2}|(?!(?P=quote))[^\r\n])+)(?P=quote)"""
        ),
    ),
    Shape(
        "userinfo",
        ("-u", "--user"),
        Pattern(r"""(?<!\S)(?:-u|--(?:proxy-)?user)[ =]?["']?[^\s:"']+:(?P<secret>[^\s"']+)"""),
    ),
)
"""What is recognised by the words in front of it."""

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
            r"(?<![\w.%+-])(?:(?<!//)|(?<=//)(?=[^\s/@]+@[^\s/@]+@))"
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
