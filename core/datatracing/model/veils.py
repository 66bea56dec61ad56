"""One form of each name, where some processes veiled it and others did not.

Processes can redact by other rules for a while: an upgrade on its way, a setting that one of them does not have. The
ids agree all the same, and what is keyed by names must: a trace never falls into two pieces.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from datatracing.model.event import Event
from datatracing.model.ids import VEILED, fingerprint
from datatracing.model.link import Dependency
from datatracing.model.manifest import Attempt, Manifest, Operation
from datatracing.model.run import SpanKey

Form = Callable[[str], str]
Keyed = TypeVar("Keyed", Attempt, Operation)


def agreed(events: Iterable[Event], manifest: Manifest | None) -> tuple[list[Event], Manifest | None]:
    """Both as they are when nothing in them is veiled; or else with every name veiled that is veiled somewhere."""
    heard = list(events)
    veils = {fingerprint(name): name for name in sorted(_veiled(heard, manifest), reverse=True)}
    if not veils:
        return heard, manifest

    def form(name: str) -> str:
        return veils.get(fingerprint(name), name)

    return [_event(each, form) for each in heard], _manifest(manifest, form) if manifest else None


def _veiled(events: list[Event], manifest: Manifest | None) -> set[str]:
    names = {name for event in events for name in _names_of(event)}
    if manifest:
        names.update(name for attempt in manifest.attempts for name in _parts(attempt.key))
        names.update(name for operation in manifest.operations for name in _parts(operation.key))
        names.update(name for edge in manifest.dependencies for name in _ends(edge))
    return {name for name in names if name[-1:] == "]" and VEILED.search(name)}


def _names_of(event: Event) -> Iterator[str]:
    if event.span:
        yield from _parts(event.span)
    yield from event.upstream
    for edge in event.dependencies:
        yield from _ends(edge)


def _parts(key: SpanKey) -> tuple[str, str, str]:
    return key.task, key.map_key, key.operation


def _ends(edge: Dependency) -> tuple[str, str, str, str]:
    return edge.upstream, edge.downstream, edge.upstream_key, edge.downstream_key


def _event(event: Event, form: Form) -> Event:
    return replace(
        event,
        span=_key(event.span, form) if event.span else None,
        upstream=tuple(map(form, event.upstream)),
        dependencies=tuple(_edge(edge, form) for edge in event.dependencies),
    )


def _manifest(manifest: Manifest, form: Form) -> Manifest:
    return replace(
        manifest,
        attempts=tuple(_keyed(each, form) for each in manifest.attempts),
        operations=tuple(_keyed(each, form) for each in manifest.operations),
        dependencies=tuple(_edge(edge, form) for edge in manifest.dependencies),
    )


def _keyed(record: Keyed, form: Form) -> Keyed:
    return replace(record, key=_key(record.key, form))


def _key(key: SpanKey, form: Form) -> SpanKey:
    return replace(key, task=form(key.task), map_key=form(key.map_key), operation=form(key.operation))


def _edge(edge: Dependency, form: Form) -> Dependency:
    return replace(
        edge,
        upstream=form(edge.upstream),
        downstream=form(edge.downstream),
        upstream_key=form(edge.upstream_key),
        downstream_key=form(edge.downstream_key),
    )
