"""Where settings are said: the environment, and the places that an orchestrator's package knows of.

A package names its places by an entry point of the group `datatracing.settings`: a function that takes the environment
and gives its places, the one that wins first: what is said there, by the setting's name in small letters. It may not
import the orchestrator.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points

from datatracing.errors import BadInputError, DataTracingError

GROUP = "datatracing.settings"
PREFIX = "DATATRACING_"


@dataclass(frozen=True)
class Said:
    """One setting in one place. `where` is for people; `read` may run a command or ask a vault, and is called once."""

    where: str
    read: Callable[[], str] = field(repr=False)


Place = Mapping[str, Said]
Source = Callable[[Mapping[str, str]], Sequence[Place]]


def places(environ: Mapping[str, str] = os.environ) -> list[Place]:
    """Every place, the one that wins first. BadInputError where one is there and cannot be understood."""
    return [_environment(environ), *(place for entry in _entries() for place in _places(entry, environ))]


def said(environ: Mapping[str, str] = os.environ) -> dict[str, Said]:
    """All that is said, by name; where two places speak of one setting, the one that wins."""
    return merged(places(environ))


def merged(found: Sequence[Place]) -> dict[str, Said]:
    """One place out of several, the one that wins first."""
    said: dict[str, Said] = {}
    for place in reversed(found):
        said.update(place)
    return said


def _environment(environ: Mapping[str, str]) -> Place:
    """An empty variable counts as not set."""
    set_here = {name: value for name, value in environ.items() if name.startswith(PREFIX) and value}
    return {name.removeprefix(PREFIX).lower(): Said(name, _given(value)) for name, value in set_here.items()}


def _given(value: str) -> Callable[[], str]:
    return lambda: value


def _entries() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda entry: entry.name)


def _places(entry: EntryPoint, environ: Mapping[str, str]) -> Sequence[Place]:
    try:
        source: Source = entry.load()
        return source(environ)
    except DataTracingError:
        raise
    except Exception as error:
        # Its text may hold what is in the place, secrets included.
        raise BadInputError(f"the settings of {entry.name} cannot be read: {type(error).__name__}") from error
