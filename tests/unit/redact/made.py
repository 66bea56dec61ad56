"""Secrets and harmless strings out of templates, the same in every run: nothing here is, or was, anybody's."""

import random
import re
import string
from pathlib import Path

ALPHABETS = {
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "an": string.ascii_letters + string.digits,
    "AN": string.ascii_uppercase + string.digits,
    "low": string.ascii_lowercase + string.digits,
    "url": string.ascii_letters + string.digits + "-_",
    "b64": string.ascii_letters + string.digits + "+/",
    "b32": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "digits": string.digits,
}
FIELD = re.compile(r"\{(\w+)(?::(\d+))?\}")
WORDS = "orders invoice shipment nightly daily customer revenue margin stock basket return parcel ledger".split()
MARKS = re.compile("[«»]")


def filled(template: str, seed: int) -> str:
    """The template with its fields drawn: `{hex:32}`, `{pw}`, `{phrase}`, `{uuid}`, `{word}`, `{n:4}`."""
    drawn = random.Random(f"{seed} {template}")  # these are examples, and the same ones every time
    known = ALPHABETS.keys() | _MADE.keys()
    return FIELD.sub(
        lambda found: _field(drawn, found[1], int(found[2] or 12)) if found[1] in known else found[0], template
    )


def lines(name: str) -> list[str]:
    """The templates in a file beside this one. A line break inside one is written \\n."""
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return [line.replace("\\r", "\r").replace("\\n", "\n") for line in text.splitlines()]


def planted(template: str, seed: int) -> tuple[str, str]:
    """A text, and the secret in it: what stood between « and »."""
    text = filled(template, seed)
    secret = text[text.index("«") + 1 : text.index("»")]
    return MARKS.sub("", text), secret


def survives(secret: str, shown: str) -> bool:
    """Whether the secret, or a telling part of it, can still be read."""
    size = min(len(secret), 8)
    return any(secret[at : at + size] in shown for at in range(len(secret) - size + 1))


def _field(drawn: random.Random, kind: str, size: int) -> str:
    if kind in ALPHABETS:
        made = "".join(drawn.choices(ALPHABETS[kind], k=size))
        return made if size < 8 or _is_mixed(kind, made) else _field(drawn, kind, size)
    return _MADE[kind](drawn, size)


def _is_mixed(kind: str, made: str) -> bool:
    """As tokens are: never all letters or all digits by chance."""
    return kind == "digits" or (any(map(str.isdigit, made)) and any(map(str.isalpha, made)))


def _password(drawn: random.Random, size: int) -> str:
    """As generated or as made up: letters, a digit, mostly a sign."""
    core = [*drawn.choices(string.ascii_letters, k=max(4, size - 4)), *drawn.choices(string.digits, k=2)]
    drawn.shuffle(core)
    return drawn.choice(string.ascii_letters) + "".join(core) + drawn.choice(["", "!", "#", "$x", "_9", "-Q", "*"])


def _iban(drawn: random.Random, size: int) -> str:
    body = "".join(drawn.choices(string.digits, k=18))
    return f"DE{98 - int(body + '131400') % 97:02d}{body}"


def _card(drawn: random.Random, size: int) -> str:
    body = "4" + "".join(drawn.choices(string.digits, k=14))
    digits = [int(char) for char in body]
    total = sum(digits[-2::-2]) + sum(digit * 2 - 9 * (digit > 4) for digit in digits[-1::-2])
    return f"{body}{-total % 10}"


def _grouped(text: str) -> str:
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _uuid(drawn: random.Random, size: int) -> str:
    made = "".join(drawn.choices("0123456789abcdef", k=32))
    return "-".join((made[:8], made[8:12], made[12:16], made[16:20], made[20:]))


_MADE = {
    "pw": _password,
    "phrase": lambda drawn, size: "".join(drawn.choices(string.ascii_lowercase, k=size)),
    "uuid": _uuid,
    "iban": _iban,
    "ibans": lambda drawn, size: _grouped(_iban(drawn, size)),
    "card": _card,
    "ssn": lambda drawn, size: f"{drawn.randint(100, 665)}-{drawn.randint(10, 99)}-{drawn.randint(1000, 9999)}",
    "phone": lambda drawn, size: f"+49 {drawn.randint(150, 179)} {drawn.randint(1000000, 9999999)}",
    "word": lambda drawn, size: drawn.choice(WORDS),
    "n": lambda drawn, size: (
        str(drawn.randint(10 ** (size - 1), 10**size - 1)) if size > 1 else str(drawn.randint(1, 9))
    ),
    "date": lambda drawn, size: f"20{drawn.randint(20, 29)}-{drawn.randint(1, 12):02d}-{drawn.randint(1, 28):02d}",
    "ver": lambda drawn, size: f"{drawn.randint(0, 9)}.{drawn.randint(0, 30)}.{drawn.randint(0, 20)}",
}
