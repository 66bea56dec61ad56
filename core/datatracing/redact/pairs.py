"""Secrets that are announced by a name in front of them: `password=x`, `"token": "x"`, `--api-key x`, `Cookie: x`."""

import re

from datatracing.redact.masks import MASK, MASKED, Masks
from datatracing.redact.names import Names, Promise
from datatracing.redact.numbers import has_digits
from datatracing.redact.patterns import Pattern
from datatracing.redact.worth import (
    EXPRESSION,
    LOOKED_AT,
    PLACEHOLDER,
    UUID,
    is_measure,
    is_mixed,
    is_nothing,
    is_word,
    looks_secret,
)

KEY = Pattern(
    r"(?<![\w.-])(?<!//)(?P<name>(?:[\w.-]+ )?[\w.-]+)"
    r"""\\{0,8}["'`]?\]?[ \t]{0,24}(?:(?P<sign>:=|[=-]>|={1,3}|[:：＝])|%3[AaDd])[ \t]{0,24}"""
    r"""|(?<![\w.-])--?(?P<flag>[A-Za-z][\w.-]*)\\{0,8}["']?(?:,[ \t]{0,4}|[ \t]{1,4})(?=[^\s-])"""
)
"""A name in front of its value. Not directly behind `//`: that is the user in a URL whose password is masked by now."""

SCHEME = r"(?:(?i:Bearer|Basic|Digest|Token|Negotiate|ApiKey|SharedAccessSignature|AWS4-HMAC-SHA256)[ \t]+)?"
SCHEME_WORD = Pattern(rf"""(?:[bBrRfFuU]{{0,2}}["'])?{SCHEME}""")
ADDRESS = Pattern(r"(?:arn:|\{\{resolve:)[^\s]*:$")
QUOTE = Pattern(r"""["']""")
LETTERS_ONLY = Pattern(r"[A-Za-z_][A-Za-z_.]*")
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
    r"""|[|>][+-]?[ \t]*(?:[\r\n]|$)"""
)
"""No secret: the marker of a cut, a masked value, also one whose end was cut off, and a value that is not there."""
VAULT_ID = Pattern(r"(?i).*secret_?id")
COMPARES = frozenset({"==", "==="})
SCHEMES = frozenset({"bearer", "basic", "digest", "token", "negotiate", "apikey"})
INDENT = 80
BELOW = Pattern(
    r"""(?:[|>][+-]?)?[ \t]*(?:\\[ \t]*)?\r?\n[ \t]{0,80}(?![-#{}\[\]<(@])"""
    r"""(?P<value>(?:"[^"\n]{1,999}"|'[^'\n]{1,999}'|[^\s:="']{1,999}[^\s:]?))[,;}\])]{0,9}[ \t]*(?=\r?\n|$)"""
)
"""A value alone on the line below its name."""
KEYWORD = Pattern(r"(?:def|class|for|if|elif|else|while|with|try|except|lambda|return|case|match)\b")
QUOTED_PEEK = Pattern(r"""\\{0,8}[bBrRfFuU]{0,2}["'`](?P<value>(?:[^"'`\\]|(?<=\w)'(?=\w))*)""")
DIGITS_VALUE = Pattern(
    r"""["'`]?(?P<secret>[+(]{0,2}[0-9A-Z][0-9A-Z()./*+-]{0,40}(?: [0-9A-Z(][0-9A-Z()./-]{0,40}){0,9})"""
)
BARE_PEEK = Pattern(r"""[^\s"',;&)}\]>\\(\[]*""")
OPENING = frozenset("([{")
BRACKET = Pattern(r"[(\[{]|[)\]}]")
PLAIN_URL = Pattern(r"[\w+.:-]{1,60}://[\w.:,-]*(?:/[\w./-]*)?")
"""A connection without credentials."""


def mask_pairs(text: str, names: Names, masks: Masks) -> str:
    """The text without the values that stand behind names of secrets."""
    parts, done, settled = [], 0, 0
    found = KEY.search(text)
    while found:
        promise = _promise(found, names)
        at = found.end() if promise is Promise.NOTHING else value_at(text, found, promise)
        known = promise is Promise.CONNECTION and at < settled
        if not known and not _nothing_at(text, at, promise, found, names):
            start, end = _value(text, at, promise, header=_is_header(found))
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


def value_at(text: str, found: "re.Match[str]", promise: Promise) -> int:
    """Where the value begins: behind the sign, or alone on the next line when the name stood alone on its own."""
    at = found.end()
    if promise not in {Promise.PASSWORD, Promise.SECRET, Promise.WEAK} or not (below := BELOW.match(text, at)):
        return at
    before = text[max(0, found.start() - INDENT) : found.start()].rpartition("\n")[2]
    alone = not before.strip(" \t-\"'") and not KEYWORD.match(found.group())
    if not alone and '"' not in found.group() and not looks_secret(below["value"]):
        return at
    if promise is not Promise.PASSWORD and not is_mixed(below["value"].strip("\"',")):
        return at
    return below.start("value")


def _promise(found: "re.Match[str]", names: Names) -> Promise:
    if found["flag"]:
        return names.promise(found["flag"])
    promise = names.promise_in_prose(found["name"])
    return Promise.NOTHING if promise is not Promise.NOTHING and _in_address(found) else promise


def _in_address(found: "re.Match[str]") -> bool:
    """`arn:aws:secretsmanager:eu-west-1:1234:secret:prod/db`: the colons are no signs."""
    around = found.string[max(0, found.start() - 160) : found.start()]
    return around[-1:] == ":" and ADDRESS.search(around) is not None


def _closes(text: str, at: int, found: "re.Match[str]") -> bool:
    """`input("Password: ")`: the quote behind the sign is the end of the text that the name stands in."""
    mark = text[at : at + 1]
    return mark in {'"', "'"} and text[max(0, found.start() - 1) : found.start()] == mark and mark not in found.group()


def _is_variable(text: str, at: int, value: str, found: "re.Match[str]", promise: Promise) -> bool:
    """`{"password": given}`: no structure that is written out has bare words for values, but source code has."""
    if not QUOTE.search(found.group()) or not LETTERS_ONLY.fullmatch(value):
        return False
    behind = text[at + len(value) : at + len(value) + 1]
    return behind in {"}", ",", ")"} or (behind == " " and promise is not Promise.PASSWORD)


def _nothing_at(text: str, at: int, promise: Promise, found: "re.Match[str]", names: Names) -> bool:
    """Whether what stands here, behind such a name, is no secret. A structured connection shows its own names."""
    if (
        promise is Promise.NOTHING
        or _closes(text, at, found)
        or SETTLED.match(text, at)
        or PLACEHOLDER.match(text, _behind_scheme(text, at))
    ):
        return True
    if promise is Promise.CONNECTION:
        return text[at : at + 1] in OPENING or _is_code(text, at)
    if promise is Promise.DIGITS:
        digits = DIGITS_VALUE.match(text, at)
        return not (digits and has_digits(digits["secret"]))
    return _is_harmless(text, at, promise, found, names)


def _is_harmless(text: str, at: int, promise: Promise, found: "re.Match[str]", names: Names) -> bool:
    """By the value itself, and by how it is written."""
    value, quoted = peek(text, at)
    if not quoted and (found["sign"] in COMPARES or _is_variable(text, at, value, found, promise)):
        return True
    if text[at : at + 1] in OPENING:
        return promise in {Promise.WEAK, Promise.METER, Promise.DIGITS}
    if _is_header(found) and " " in text[at : at + 24].strip():
        return is_word(value) and value.lower() not in SCHEMES
    return not is_secret(value, found["name"] or found["flag"], promise, names, quoted=quoted)


def _behind_scheme(text: str, at: int) -> int:
    scheme = SCHEME_WORD.match(text, at)
    return scheme.end() if scheme else at


def is_secret(value: str, name: str, promise: Promise, names: Names, *, quoted: bool) -> bool:
    """Whether a value under a name that promises something has to be masked."""
    if promise is Promise.ASKED:
        return True
    if promise is Promise.METER:
        return not (is_measure(value) or is_nothing(value, name, names, password=False, quoted=quoted))
    if promise is Promise.DIGITS:
        return has_digits(value)
    if promise is Promise.WEAK and VAULT_ID.fullmatch(name):
        return UUID.fullmatch(value) is not None
    if promise is Promise.WEAK:
        return looks_secret(value) and not is_nothing(value, name, names, password=False, quoted=quoted)
    return not is_nothing(value, name, names, password=promise is Promise.PASSWORD, quoted=quoted)


def peek(text: str, at: int) -> tuple[str, bool]:
    """What the value begins with, LOOKED_AT characters of it at most, and whether it stands in quotes."""
    ahead = text[at : at + LOOKED_AT]
    if quoted := QUOTED_PEEK.match(ahead):
        return quoted["value"], True
    bare = BARE_PEEK.match(ahead)
    word = bare.group() if bare else ""
    if ahead[len(word) : len(word) + 1] in {"(", "["}:
        word = ahead[: len(word) + 1]
    return word, False


def _is_code(text: str, at: int) -> bool:
    value, quoted = peek(text, at)
    return (
        is_word(value) or (not quoted and EXPRESSION.match(value) is not None) or PLACEHOLDER.match(value) is not None
    )


def _is_header(found: "re.Match[str]") -> bool:
    return bool(found["sign"]) and found["name"].lower().endswith(HEADERS)


def _value(text: str, at: int, promise: Promise, *, header: bool) -> tuple[int, int]:
    if promise is Promise.DIGITS and (digits := DIGITS_VALUE.match(text, at)):
        return digits.span("secret")
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
