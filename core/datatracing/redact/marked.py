"""Secrets whose names stand beside them in a structure that is written out: XML, pairs, lists of name and value."""

from datatracing.redact.masks import Masks
from datatracing.redact.names import Names, Promise
from datatracing.redact.pairs import is_secret
from datatracing.redact.patterns import Pattern
from datatracing.redact.worth import is_mixed

_TITLE = r"(?:name|key|header|variable|parameter(?:_?key|_?name)?|property|setting)"
_WORTH = r"(?:(?:parameter_?)?value|val|string)"
_MARK = r"""\\{0,4}["']?[ \t]{0,4}(?:[:=]|=>)[ \t]{0,4}\\{0,4}["']?"""
_NAME = r"(?P<name>[\w.-]{2,80})"
_TEXT = r"""(?P<secret>[^"'<>\n\\]{1,2000})"""
ELEMENT = Pattern(r"<(?P<name>[A-Za-z_][\w.:-]{0,80})(?:\s[^<>]{0,200})?>\s{0,40}(?P<secret>[^<>\s][^<>]{0,2000})</")
ELEMENTS = Pattern(
    rf"(?i)<{_TITLE}>\s{{0,9}}{_NAME}\s{{0,9}}</{_TITLE}>\s{{0,40}}<{_WORTH}>(?P<secret>[^<>]{{1,2000}})</"
)
TITLED = Pattern(
    rf"""(?i)(?<![\w-]){_TITLE}{_MARK}{_NAME}\\{{0,4}}["']?[,;]?\s{{1,40}}\\{{0,4}}["']?{_WORTH}{_MARK}{_TEXT}"""
)
TITLED_CLOSE = Pattern(
    rf"""(?i)(?<![\w-]){_TITLE}{_MARK}{_NAME}\\{{0,4}}["']?[,;]\\{{0,4}}["']?{_WORTH}{_MARK}(?P<secret>[^"'<>\s,"""
    rf""";\\]{{1,2000}})"""
)
TITLED_BEHIND = Pattern(
    rf"""(?i)(?<![\w-]){_WORTH}\\{{0,4}}["']?[ \t]{{0,4}}(?:[:=]"""
    rf"""|=>)[ \t]{{0,4}}\\{{0,4}}["'](?P<secret>[^"'<>\n\\]{{1,400}})\\{{0,4}}["'],\s{{0,40}}\\{{0,4}}["']?"""
    rf"""{_TITLE}{_MARK}{_NAME}\\{{0,4}}["']"""
)
TUPLE = Pattern(
    r"""\(\s{0,9}[bu]?(?P<open>["'])(?P<name>[\w.\- ]{2,80})(?P=open)\s{0,9},\s{0,9}"""
    r"""[bu]?(?P<quote>["'])(?P<secret>(?:(?!(?P=quote))[^\n])+)(?P=quote)\s{0,9}\)"""
)
PAIR = Pattern(
    r"""\[\s{0,9}[bu]?(?P<open>["'])(?P<name>[\w.\- ]{2,80})(?P=open)\s{0,9},\s{0,9}"""
    r"""[bu]?(?P<quote>["'])(?P<secret>(?:(?!(?P=quote))[^\n])+)(?P=quote)\s{0,9}\]"""
)
ATTRIBUTED = Pattern(
    rf"""(?i)<[\w:.-]{{1,60}}\s[^<>]{{0,100}}?(?:name|key|id)\s{{0,3}}=\s{{0,3}}["']{_NAME}["'][^<>]{{0,200}}>"""
    r"\s{0,40}(?P<secret>[^<>\s][^<>]{0,2000})</"
)
SET = Pattern(
    r"""(?m)^[ \t]{0,40}(?:ENV|ARG|setx|export)[ \t]+(?P<name>\w{2,80})[ \t]+["']?(?P<secret>[^\s"'=]{3,400})"""
)
CONSTANT = Pattern(r"""(?<![\w"'])(?P<name>[A-Z][A-Z_]{2,60}),[ \t]{0,4}["'](?P<secret>[^"'\n]{4,400})["']""")
STRUCTURES = (
    (CONSTANT, (', "', ", '", ',"', ",'")),
    (ATTRIBUTED, ("</",)),
    (SET, ("env ", "arg ", "setx ", "export ")),
    (ELEMENT, ("</",)),
    (ELEMENTS, ("value>", "string>", "val>")),
    (TITLED, ("value", "val", "string")),
    (TITLED_CLOSE, ("value",)),
    (TITLED_BEHIND, ("value",)),
    (TUPLE, ("('", '("', "(b'", "(u'")),
    (PAIR, ("['", '["')),
)


def mask_marked(text: str, lowered: str, names: Names, masks: Masks) -> str:
    """The text without the values of such structures."""
    for pattern, hints in STRUCTURES:
        if any(hint in lowered for hint in hints) and pattern.search(text):
            text = _masked(pattern, text, names, masks)
    return text


def _masked(pattern: Pattern, text: str, names: Names, masks: Masks) -> str:
    parts, done = [], 0
    for found in pattern.finditer(text):
        name = found["name"].strip()
        if _is_secret(found["secret"].strip(), name, names, listed=pattern in (TUPLE, PAIR, CONSTANT)):
            parts += [text[done : found.start("secret")], masks.cover("marked", found["secret"])]
            done = found.end("secret")
    return "".join([*parts, text[done:]])


def _is_secret(secret: str, name: str, names: Names, *, listed: bool) -> bool:
    """In a list of two texts the first is often no name of the second, but a column like it."""
    promise = names.promise(name)
    if promise in {Promise.NOTHING, Promise.CONNECTION} or (" " in name.strip() and len(name) > 40):
        return False
    if listed and promise is not Promise.DIGITS and not (is_mixed(secret) or " " in secret):
        return False
    return is_secret(secret, name, promise, names, quoted=True)
