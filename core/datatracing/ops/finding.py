"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`advice` says what to do; it is empty where nothing has to be done."""

    name: str
    ok: bool
    detail: str
    advice: str = ""
