"""How much of a span's free data is kept, and how a text is cut without cutting a secret in half.

Cutting first would leave half a secret that no rule recognises any more; masking first would search megabytes. So a
long text is cut to two windows, each a margin longer than what is kept; the windows are masked; then the margins are
dropped, and with them whatever stood at the cut. See docs/adr/0003.
"""

from collections.abc import Callable
from typing import NamedTuple

from datatracing.redact.masks import mask_around
from datatracing.redact.patterns import Pattern


class Bounds(NamedTuple):
    """Sizes are bytes of UTF-8."""

    value_bytes: int = 4 * 1024
    """One attribute with everything in it, or one asset's URI, or the evidence of one link."""
    span_bytes: int = 64 * 1024
    """All attributes of one span."""
    attributes: int = 128
    """Of one span; also the entries of one list or mapping inside an attribute."""
    name_bytes: int = 200
    """One attribute's name."""
    identity_bytes: int = 1_000
    """The name of a pipeline, run, task, instance or operation."""
    text_bytes: int = 16 * 1024
    """An error's message, its stack trace, a free text: each."""
    depth: int = 8
    """Lists and mappings inside one another."""


MARGIN = 2 * 1024
"""Characters. A secret that is only recognised by its end (the @ behind a password) must be shorter, unless it has no
break in it: a run of such characters over a cut is dropped as a whole, however long."""
BREAK = Pattern(r"[^\w+/=.%~-]")
"""What stands in no token, key, or base64 text."""
MARKER_BYTES = 40
CUT_NAME = "[cut]"
CUT = Pattern(r"\[cut [0-9]+ [a-z]+\]")
"""How every cut shows. What is left out of a mapping stands in it under CUT_NAME."""


def fits(text: str, limit: int) -> bool:
    """Whether the text is at most `limit` bytes long, decided without encoding where possible."""
    return len(text) * 4 <= limit or (len(text) <= limit and size(text) <= limit)


def size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def bounded(text: str, limit: int, mask: Callable[[str], str]) -> str:
    """The masked text, in at most `limit` bytes: head and tail, with what was cut named between them.

    `mask` is given `limit` characters and two margins at most, however long the text is.
    """
    if len(text) <= limit + 2 * MARGIN:
        head = tail = mask(text if text.isascii() else _well_formed(text))
        if fits(head, limit):
            return head
    else:
        window = limit // 2 + MARGIN
        head, tail = mask(_well_formed(text[:window])), mask(_well_formed(text[-window:]))
        head, tail = _settled_head(head), _settled_tail(tail)
    return _joined(head, tail, len(text), limit)


def cut(number: int, noun: str) -> str:
    """The marker in place of what was cut."""
    return f"[cut {number} {noun}]"


def is_cut(value: object) -> bool:
    """Whether this is such a marker, which is never cut itself."""
    return isinstance(value, str) and CUT.fullmatch(value) is not None


def _well_formed(text: str) -> str:
    """Half a surrogate pair cannot be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _joined(head: str, tail: str, length: int, limit: int) -> str:
    room = max(0, limit - MARKER_BYTES) // 2
    first, last = _first(head, room), _last(tail, room)
    marker = cut(max(1, length - len(first) - len(last)), "characters")
    return " ".join(part for part in (first, marker, last) if part)


def _first(text: str, limit: int) -> str:
    return _before(text, len(text.encode()[:limit].decode("utf-8", "ignore")))


def _last(text: str, limit: int) -> str:
    data = text.encode()
    return _behind(text, len(text) - len(data[len(data) - limit :].decode("utf-8", "ignore")))


def _before(text: str, at: int) -> str:
    halved = mask_around(text, at)
    return text[: halved[0] if halved else at]


def _behind(text: str, at: int) -> str:
    halved = mask_around(text, at)
    return text[halved[1] if halved else at :]


def _settled_head(masked: str) -> str:
    """Without the margin, where half a secret may stand, and without a run of characters that goes all through it."""
    end = max(0, len(masked) - MARGIN)
    if not BREAK.search(masked, end):
        end = max((found.end() for found in BREAK.finditer(masked[:end])), default=0)
    return _before(masked, end)


def _settled_tail(masked: str) -> str:
    start = MARGIN
    if not BREAK.search(masked[:start]):
        found = BREAK.search(masked, start)
        start = found.start() if found else len(masked)
    return _behind(masked, start)
