"""The fold: events and a manifest become one trace.

Law 3: it is commutative and idempotent. Statements are first put into a total order that does not depend on how they
arrived, each one once; everything after that is a plain walk. Law 4: where the manifest speaks, it is believed.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from datatracing.model import codec
from datatracing.model.completeness import Completeness, CompletenessStatus
from datatracing.model.dependencies import Edges, resolve
from datatracing.model.event import Event
from datatracing.model.link import Confidence, Dependency, Link
from datatracing.model.manifest import Attempt, Manifest, Operation
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.spans import attempt_span, operation_span, root_span
from datatracing.model.statements import Statements
from datatracing.model.trace import Span, Trace
from datatracing.model.veils import agreed


@dataclass
class _Known:
    """What is known about one attempt: what hooks said, and what the orchestrator's record says."""

    said: Statements = field(default_factory=Statements)
    recorded: Attempt | None = None

    @property
    def edges_known(self) -> bool:
        return self.said.edges_known and (self.recorded is None or self.recorded.edges_known)


def fold(events: Iterable[Event], manifest: Manifest | None = None) -> Trace:
    """One trace from all events of one run, in any order, with repeats. ValueError when there is nothing at all."""
    events, manifest = agreed(events, manifest)
    ordered = in_order(events)
    run = _run_of(ordered, manifest)
    said = _by_span(ordered)
    root = root_span(run, said.pop(None), manifest)
    known = {key: _Known(statements) for key, statements in said.items() if key and not key.operation}
    for attempt in _believed(known, manifest):
        known.setdefault(attempt.key, _Known()).recorded = attempt
    return Trace(
        run=run,
        spans=(root, *_task_spans(run, known, manifest), *_operation_spans(run, said, manifest)),
        links=_links(run, ordered, manifest),
        completeness=completeness(known, manifest),
        aliases=tuple(sorted(set(manifest.aliases) - {run.trace_id})) if manifest else (),
    )


def in_order(events: Iterable[Event]) -> list[Event]:
    """Each statement once, in an order that only depends on the statements themselves.

    Two different statements under one (producer, seq) can only come from a faulty or hostile producer; the choice
    between them must still not depend on arrival, so the smaller wire form wins.
    """
    unique: dict[tuple[str, int], Event] = {}
    for event in events:
        known = unique.setdefault((event.producer, event.seq), event)
        if known is not event and known != event:
            unique[event.producer, event.seq] = min(known, event, key=codec.dumps)
    return sorted(unique.values(), key=lambda event: (event.at, event.producer, event.seq))


def latest(manifests: Iterable[Manifest]) -> Manifest | None:
    """The last look at the orchestrator's record, or else at what stands in for it; equal clocks are settled by
    content, never by arrival."""
    known = list(manifests)
    last = max(((each.recorded, each.observed_at) for each in known), default=None)
    # To write one out takes longer than to fold it, so only those are compared that nothing else tells apart.
    tied = [each for each in known if (each.recorded, each.observed_at) == last]
    return max(tied, key=codec.dumps) if len(tied) > 1 else next(iter(tied), None)


def _believed(known: Iterable[SpanKey], manifest: Manifest | None) -> Iterable[Attempt]:
    """A record is believed in everything. A process that stands in for it is not when it says that a task never ran of
    which another process has told that it did."""
    if manifest is None or manifest.recorded:
        return manifest.attempts if manifest else ()
    ran = {(key.task, key.instance) for key in known if key.attempt}
    return [each for each in manifest.attempts if each.key.attempt or (each.key.task, each.key.instance) not in ran]


def _run_of(ordered: list[Event], manifest: Manifest | None) -> RunRef:
    if manifest:
        return manifest.run
    if not ordered:
        raise ValueError("a trace needs at least one event or a manifest")
    return min((event.run for event in ordered), key=lambda run: (run.namespace, run.pipeline, run.run_id))


def _by_span(ordered: list[Event]) -> dict[SpanKey | None, Statements]:
    said: dict[SpanKey | None, Statements] = defaultdict(Statements, {None: Statements(reopens=True)})
    for event in ordered:
        said[event.span].add(event)
    return said


def _task_spans(run: RunRef, known: dict[SpanKey, _Known], manifest: Manifest | None) -> list[Span]:
    spans = {key: attempt_span(run.trace_id, key, each.said, each.recorded, manifest) for key, each in known.items()}
    depends_on = resolve(spans, _edges(known, manifest))
    for key, span in spans.items():
        _set(span, "depends_on", depends_on[key])
    return _numbered(sorted(spans.values(), key=_position))


def _set(span: Span, field: str, value: object) -> None:
    # dataclasses.replace is 4 times slower, and this runs for every span of a run.
    object.__setattr__(span, field, value)


def _numbered(spans: list[Span]) -> list[Span]:
    """Instances with keys get the numbers in which they began: people count where an orchestrator only names."""
    keys: dict[str, dict[str, int]] = defaultdict(dict)
    for span in spans:
        if span.map_key:
            keys[span.task or ""].setdefault(span.map_key, len(keys[span.task or ""]))
    for span in spans:
        if span.map_key and len(keys[span.task or ""]) > 1:
            _set(span, "map_index", keys[span.task or ""][span.map_key])
    return spans


def _operation_spans(run: RunRef, said: dict[SpanKey | None, Statements], manifest: Manifest | None) -> list[Span]:
    recorded: dict[SpanKey, Operation] = {each.key: each for each in manifest.operations} if manifest else {}
    keys = [*recorded, *(key for key in said if key and key.operation and key not in recorded)]
    found = (operation_span(run.trace_id, key, said.get(key), recorded.get(key), manifest) for key in keys)
    return sorted(found, key=lambda span: (*_position(span), span.operation))


def _edges(known: dict[SpanKey, _Known], manifest: Manifest | None) -> Edges:
    """The manifest has the edges of the whole pipeline; before it comes, hooks name their task's upstream. Edges
    between single instances hold beside it: a process can see what its orchestrator does not record."""
    between = {edge for each in known.values() for edge in each.said.dependencies}
    if manifest:
        return Edges((*manifest.dependencies, *between))
    named = {Dependency(up, key.task) for key, each in known.items() for up in each.said.upstream}
    return Edges(named | between)


def _position(span: Span) -> tuple[int, str, int, str, int]:
    times = span.times
    first = next((at for at in (times.scheduled_at, times.queued_at, times.started_at) if at is not None), 2**63)
    return first, span.task or "", span.map_index, span.map_key, span.attempt


def _links(run: RunRef, ordered: list[Event], manifest: Manifest | None) -> tuple[Link, ...]:
    """Each edge once. What the orchestrator recorded is preferred to what a hook saw, exact to inferred."""
    found: dict[tuple[str, str, str], tuple[tuple[bool, bool, str], Link]] = {}
    candidates = [(False, link) for event in ordered for link in event.links]
    candidates += [(True, link) for link in manifest.links] if manifest else []
    for recorded, link in candidates:
        edge = (link.kind.value, link.direction.value, link.run.trace_id)
        weight = (link.confidence is Confidence.EXACT, recorded, link.evidence)
        if link.run.trace_id != run.trace_id and (edge not in found or weight > found[edge][0]):
            found[edge] = (weight, link)
    return tuple(link for _, (_, link) in sorted(found.items()))


def completeness(known: dict[SpanKey, _Known], manifest: Manifest | None) -> Completeness:
    """A span is accounted for when its process reported, or when the record shows that no process ever ran it."""
    unknown_edges = tuple(sorted(key.name for key, each in known.items() if not each.edges_known))
    if manifest is None:
        return Completeness(unknown_edges=unknown_edges)
    missing = [
        key.name
        for key, each in known.items()
        if each.recorded is not None and each.recorded.reports and not each.said.from_worker
    ]
    status = CompletenessStatus.PARTIAL if missing else CompletenessStatus.COMPLETE
    if not manifest.whole:
        status = CompletenessStatus.UNKNOWN
    expected = len(manifest.attempts) if manifest.recorded else len(known)
    return Completeness(status, expected, expected - len(missing), tuple(sorted(missing)), unknown_edges)
