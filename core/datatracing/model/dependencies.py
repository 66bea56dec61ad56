"""Edges between tasks become edges between spans."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import astuple

from datatracing.model.link import Dependency
from datatracing.model.run import SpanKey
from datatracing.model.trace import Span

PRODUCT_LIMIT = 1_000_000
"""A mapped task over a mapped task is an edge per pair. Past this many pairs, each instance names only the upstream
instance that ended last: the one that it really waited for."""

Attempts = dict[tuple[int, str], list[Span]]
"""Spans of one task by instance, each list in the order of attempts."""


class Edges:
    """The upstream of each task, and of single instances."""

    def __init__(self, dependencies: Iterable[Dependency]) -> None:
        self._upstream: dict[tuple[str, str], list[Dependency]] = defaultdict(list)
        for each in sorted(set(dependencies), key=astuple):
            self._upstream[each.downstream, each.downstream_key].append(each)

    def of(self, key: SpanKey) -> list[Dependency]:
        """Edges that end in this instance."""
        every = self._upstream.get((key.task, ""), [])
        return [*every, *self._upstream.get((key.task, key.map_key), [])] if key.map_key else every


def resolve(spans: Mapping[SpanKey, Span], edges: Edges) -> dict[SpanKey, tuple[str, ...]]:
    """The span ids that each attempt waited for: of every upstream instance, the attempt that was over by then."""
    tasks = _by_task(spans)
    return {
        key: tuple(
            dict.fromkeys(upstream.span_id for edge in edges.of(key) for upstream in _upstream(edge, key, span, tasks))
        )
        for key, span in spans.items()
    }


def _by_task(spans: Mapping[SpanKey, Span]) -> dict[str, Attempts]:
    tasks: dict[str, Attempts] = defaultdict(lambda: defaultdict(list))
    for key in sorted(spans, key=lambda key: (key.task, key.instance, key.attempt)):
        tasks[key.task][key.instance].append(spans[key])
    return tasks


def _upstream(edge: Dependency, key: SpanKey, span: Span, tasks: dict[str, Attempts]) -> list[Span]:
    instances = tasks.get(edge.upstream, {})
    if edge.upstream_key:
        named = instances.get((-1, edge.upstream_key))
        return [_waited_for(named, span)] if named else []
    if edge.same_index and key.instance in instances:
        return [_waited_for(instances[key.instance], span)]
    if len(instances) * len(tasks[key.task]) > PRODUCT_LIMIT:
        return [max((attempts[-1] for attempts in instances.values()), key=_end)]
    return [_waited_for(attempts, span) for attempts in instances.values()]


def _waited_for(attempts: list[Span], span: Span) -> Span:
    """The last attempt that had ended when this one began; clocks that disagree leave the last of all.

    When it began to run, if it did: Prefect schedules a call while what it waits for may still be tried again.
    """
    if len(attempts) == 1:
        return attempts[0]
    began = _begin(span)
    over = [each for each in attempts if each.times.ended_at is not None and each.times.ended_at <= began]
    return over[-1] if over else attempts[-1]


def _begin(span: Span) -> int:
    times = span.times
    return next((at for at in (times.started_at, times.queued_at, times.scheduled_at) if at is not None), 2**63)


def _end(span: Span) -> tuple[int, str]:
    return span.times.ended_at or 0, span.span_id
