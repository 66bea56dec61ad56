"""Secrets that are announced by a name in front of them: `password=x`, `"token": "x"`, `--api-key x`, `Cookie: x`."""

import re

from datatracing.redact.masks import MASK, MASKED, Masks
from datatracing.redact.names import Names, Promise
from datatracing.redact.patterns import Pattern

KEY = Pattern(
    r"(?<![\w.-])(?<!//)(?P<name>(?:[\w.-]+ )?[\w.-]+)"
    r"""\\{0,8}["']?\]?[ \t]{0,4}(?:(?P<sign>:=|=>|[:=])|%3[AaDd])[ \t]{0,4}"""
    r"""|(?<![\w.-])--?(?P<flag>[A-Za-z][\w.-]*)\\{0,8}["']?(?:,[ \t]{0,4}|[ \t]{1,4})(?=[^\s-])"""
)
"""A name in front of its value. Not directly behind `//`: that is the user in a URL whose password is masked by now."""

SCHEME = r"(?:(?i:Bearer|Basic|Digest|Token|Negotiate|ApiKey|SharedAccessSignature|AWS4-HMAC-SHA256)[ \t]+)?"
ENDS = (
    r"""["')\]}>,;&]{1,8}(?:\s|$)"""  # closing marks at the end of a word
    r"""|[&;,]["']?[\w.%-]{1,40}["']?(?:[=:]|%3[Dd])"""  # the next pair
    r"""|\\{0,8}["'][,:)\]}]"""  # a closing quote
)
WORD = rf"""(?:[^\s"')\]}}>,;&\\]|(?!{ENDS})[^\s])"""
REST = Pattern(rf"{WORD}*")
QUOTED = (
    rf"""\\{{1,8}}["']{SCHEME}(?P<secret>(?:(?!\\{{1,8}}["'])[\s\S])*)""",
    rf"""[bBrRfFuU]{{0,2}}"{SCHEME}(?P<secret>(?:[^"\\]|\\[\s\S]|"")*)""",
    rf"""[bBrRfFuU]{{0,2}}'{SCHEME}(?P<secret>(?:[^'\\]|\\[\s\S]|'')*)""",
)
VALUES = (*map(Pattern, QUOTED), Pattern(rf"{SCHEME}(?P<secret>{WORD}+)"))
HEADER_VALUES = (*VALUES[:-1], Pattern(rf"""{SCHEME}(?P<secret>[^\r\n"']+)"""))
"""A value in quotes that are not closed runs to the end of the text: its end may have been cut off."""
HEADERS = ("authorization", "cookie")
"""What they hold has spaces and runs to the end of the line."""
AFTER = r"""[\s"',;&)}\]>\\]|$"""
SETTLED = Pattern(
    rf"""(?:\\{{0,8}}["']{MASK}? )?\[cut \d"""
    rf"""|{MASK}(?={AFTER})"""
    rf"""|(?i:none|null|true|false)(?={AFTER})"""
)
"""No secret: the marker of a cut, a masked value, also one whose end was cut off, and a value that is not there."""
NUMBER = Pattern(rf"[0-9][0-9_.]*(?={AFTER})")
OPENING = frozenset("([{")
BRACKET = Pattern(r"[(\[{]|[)\]}]")
PLAIN_URL = Pattern(r"[\w+.:-]{1,60}://[\w.:,-]*(?:/[\w./-]*)?")
"""A connection without credentials."""


def mask_pairs(text: str, names: Names, masks: Masks) -> str:
    """The text without the values that stand behind names of secrets."""
    parts, done, settled = [], 0, 0
    found = KEY.search(text)
    while found:
        at = found.end()
        promise = _promise(found, names)
        if not _nothing_at(text, at, promise) and not (promise is Promise.CONNECTION and at < settled):
            start, end = _value(text, at, header=_is_header(found))
            if promise is Promise.CONNECTION and settled_connection(text[start:end]):
                settled = end  # a connection inside this one is not looked at again, or hostile text takes for ever
            else:
                parts += [text[done:start], masks.cover("pair", text[start:end])]
                done = at = end
        found = KEY.search(text, at)
    return "".join([*parts, text[done:]])


def settled_connection(value: str) -> bool:
    """Whether a connection string may be shown: its password was found and masked, or it is a URL that has none."""
    return bool(MASKED.search(value) or PLAIN_URL.fullmatch(value))


def _promise(found: "re.Match[str]", names: Names) -> Promise:
    return names.promise_in_prose(found["name"]) if found["name"] else names.promise(found["flag"])


def _nothing_at(text: str, at: int, promise: Promise) -> bool:
    """Whether what stands here, behind such a name, is no secret. A structured connection shows its own names."""
    if promise is Promise.NOTHING or SETTLED.match(text, at):
        return True
    if promise is Promise.METER:
        return NUMBER.match(text, at) is not None
    return promise is Promise.CONNECTION and text[at : at + 1] in OPENING


def _is_header(found: "re.Match[str]") -> bool:
    return bool(found["sign"]) and found["name"].lower().endswith(HEADERS)


def _value(text: str, at: int, *, header: bool) -> tuple[int, int]:
    if text[at : at + 1] in OPENING and not header:
        return at, _group_end(text, at)
    for pattern in HEADER_VALUES if header else VALUES:
        if value := pattern.match(text, at):
            return value.span("secret")
    return at, at


def _group_end(text: str, at: int) -> int:
    """Behind the bracket that closes this one and what is glued to it; the end of the text when nothing closes it."""
    depth = 0
    for found in BRACKET.finditer(text, at):
        depth += 1 if found.group() in OPENING else -1
        if not depth:
            glued = REST.match(text, found.end())
            return glued.end() if glued else found.end()
    return len(text)
