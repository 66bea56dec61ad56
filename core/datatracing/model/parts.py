"""A record that is too large for one delivery travels in parts, and is believed only when all of them are there.

Each part is a manifest of its own: the first has all that is said once, every part has some of the attempts,
operations, dependencies and links. (run, recorded, observed_at, number of parts) says which parts belong together.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from datatracing.errors import BadInputError
from datatracing.model import codec
from datatracing.model.manifest import Manifest

PART_BYTES = 512 * 1024
"""Of one part as JSON: reading one never holds an interpreter for long."""
SPREAD = ("attempts", "operations", "dependencies", "links")
"""The fields whose items are shared out."""
PUNCTUATION = 100
"""Bytes for the names of those fields and of the part itself."""

Share = dict[str, list[Any]]
Spread = dict[str, Any]


def split(manifest: Manifest, limit: int = PART_BYTES) -> list[Manifest]:
    """The manifest as parts of at most `limit` bytes of JSON each; as it is where it fits whole.

    BadInputError where one item alone is larger.
    """
    if len(codec.dumps(manifest)) <= limit:
        return [manifest]
    head = replace(manifest, attempts=(), operations=(), dependencies=(), links=())
    shares = list(_shares(manifest, limit - len(codec.dumps(head)) - PUNCTUATION))
    rest = replace(head, attributes={}, error=None, aliases=(), unknown=())
    return [_part(rest if n else head, n, len(shares), share) for n, share in enumerate(shares)]


def lines_of(record: bytes) -> list[bytes]:
    """A manifest's JSON as a collector takes it: as it is, or in parts. BadInputError when it is no manifest."""
    if len(record) <= PART_BYTES:
        return [record]
    return [codec.dumps(part) for part in split(codec.loads(Manifest, record))]


def _part(head: Manifest, number: int, of: int, share: Share) -> Manifest:
    spread: Spread = {name: tuple(items) for name, items in share.items()}
    return replace(head, part=number, parts=of, **spread)


def _shares(manifest: Manifest, room: int) -> Iterator[Share]:
    share: Share = {}
    left = room
    for name in SPREAD:
        for item in getattr(manifest, name):
            size = len(codec.dumps(item)) + 1
            if size > room:
                raise BadInputError(f"the record of {manifest.run.name} has an item too large for any part")
            if size > left:
                yield share
                share, left = {}, room
            share.setdefault(name, []).append(item)
            left -= size
    yield share


def join(parts: Iterable[Manifest]) -> Iterator[Manifest]:
    """Every record of which all parts are there, whole again. What is sent twice counts once; parts that contradict one
    another under one name are all left out, since nobody can say which of them are meant."""
    together: dict[tuple[Any, ...], dict[int, set[bytes]]] = {}
    known: dict[bytes, Manifest] = {}
    for part in parts:
        if part.parts == 1:
            yield part
            continue
        content = codec.dumps(part)
        known[content] = part
        together.setdefault(_record(part), {}).setdefault(part.part, set()).add(content)
    for (*_, number), found in together.items():
        if set(found) == set(range(number)) and all(len(each) == 1 for each in found.values()):
            yield _whole([known[next(iter(found[n]))] for n in range(number)])


def waiting(parts: Sequence[Manifest]) -> str:
    """`2 of 5 parts`, of the newest record that is not whole yet; empty where there is none."""
    newest = max((part.observed_at for part in parts if part.parts > 1), default=None)
    found = [part for part in parts if part.observed_at == newest and part.parts > 1]
    arrived = len({part.part for part in found})
    return f"{arrived} of {found[0].parts} parts" if found and arrived < found[0].parts else ""


def _record(part: Manifest) -> tuple[Any, ...]:
    return part.run, part.recorded, part.whole, part.state, part.raw_state, part.times, part.observed_at, part.parts


def _whole(parts: Sequence[Manifest]) -> Manifest:
    spread: Spread = {name: tuple(chain.from_iterable(getattr(part, name) for part in parts)) for name in SPREAD}
    unknown = tuple(sorted({name for part in parts for name in part.unknown}))
    return replace(parts[0], part=0, parts=1, unknown=unknown, **spread)
