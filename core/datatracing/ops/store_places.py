"""Checks of the places that name a store: whoever looks at one of them only, looks at one store only."""

from collections.abc import Sequence
from dataclasses import dataclass

from datatracing.errors import BadInputError
from datatracing.ops.finding import Finding
from datatracing.sources import places
from datatracing.store.address import parse, shown

NAME = "one store"


@dataclass(frozen=True)
class Named:
    """A store, as one place names it."""

    where: str
    url: str

    @property
    def place(self) -> str:
        """The same for two addresses of one store; for what is no address, the text itself."""
        try:
            return parse(self.url).place
        except BadInputError:
            return self.url

    @property
    def relative(self) -> bool:
        """Whether every process finds another file there."""
        try:
            return parse(self.url).relative
        except BadInputError:
            return False


def named() -> list[Named]:
    """Every place of this host that names a store, the one that wins first."""
    said = [place["store"] for place in places() if "store" in place]
    return [Named(each.where, each.read()) for each in said]


def one_store(named: Sequence[Named]) -> Finding:
    """Every place that names a store names the same. The first is the one that is used here."""
    if not named:
        return Finding(NAME, ok=True, detail="no place names a store, so commands use the default file")
    first = named[0]
    if other := next((each for each in named if each.place != first.place), None):
        return Finding(
            NAME,
            ok=False,
            detail=f"{first.where} says {shown(first.url)}, but {other.where} says {shown(other.url)}",
            advice=f"only the first was looked at; a process that does not have {first.where} uses the other: "
            "correct one of the two",
        )
    if relative := next((each for each in named if each.relative), None):
        return Finding(
            NAME,
            ok=False,
            detail=f"{relative.where} names a file relative to the directory that a process happens to be in",
            advice=f"write it as {shown(relative.url)}",
        )
    return Finding(NAME, ok=True, detail=f"{' and '.join(each.where for each in named)} names it")
