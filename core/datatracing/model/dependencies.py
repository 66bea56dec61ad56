"""Edges between tasks become edges between spans."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from datatracing.model.manifest import Dependency
from datatracing.model.run import SpanKey
from datatracing.model.trace import Span

PRODUCT_LIMIT = 1_000_000
"""A mapped task over a mapped task is an edge per pair. Past this many pairs, each instance names only the upstream
instance that ended last: the one that it really waited for."""

Attempts = dict[int, list[Span]]
"""Spans of one task by map index, each list in the order of attempts."""


class Edges:
    """The upstream of each task."""

    def __init__(self, dependencies: Iterable[Dependency]) -> None:
        self.upstream: dict[str, list[Dependency]] = defaultdict(list)
        for each in sorted(set(dependencies), key=lambda edge: (edge.downstream, edge.upstream, edge.same_index)):
            self.upstream[each.downstream].append(each)


def resolve(spans: Mapping[SpanKey, Span], edges: Edges) -> dict[SpanKey, tuple[str, ...]]:
    """The span ids that each attempt waited for: of every upstream instance, the attempt that was over by then."""
    tasks = _by_task(spans)
    return {
        key: tuple(
            upstream.span_id
            for edge in edges.upstream.get(key.task, ())
            for upstream in _upstream(edge, key, span, tasks)
        )
        for key, span in spans.items()
    }


def _by_task(spans: Mapping[SpanKey, Span]) -> dict[str, Attempts]:
    tasks: dict[str, Attempts] = defaultdict(lambda: defaultdict(list))
    for key in sorted(spans, key=lambda key: (key.task, key.map_index, key.attempt)):
        tasks[key.task][key.map_index].append(spans[key])
    return tasks


def _upstream(edge: Dependency, key: SpanKey, span: Span, tasks: dict[str, Attempts]) -> list[Span]:
    instances = tasks.get(edge.upstream, {})
    if edge.same_index and key.map_index in instances:
        return [_waited_for(instances[key.map_index], span)]
    if len(instances) * len(tasks[key.task]) > PRODUCT_LIMIT:
        return [max((attempts[-1] for attempts in instances.values()), key=_end)]
    return [_waited_for(attempts, span) for attempts in instances.values()]


def _waited_for(attempts: list[Span], span: Span) -> Span:
    """The last attempt that had ended when this one was scheduled; clocks that disagree leave the last of all."""
    if len(attempts) == 1:
        return attempts[0]
    began = _begin(span)
    over = [each for each in attempts if each.times.ended_at is not None and each.times.ended_at <= began]
    return over[-1] if over else attempts[-1]


def _begin(span: Span) -> int:
    times = span.times
    return next((at for at in (times.scheduled_at, times.queued_at, times.started_at) if at is not None), 2**63)


def _end(span: Span) -> tuple[int, str]:
    return span.times.ended_at or 0, span.span_id
