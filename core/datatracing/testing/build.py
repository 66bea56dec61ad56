"""Runs, events, manifests and sealed traces with sensible defaults: a test says only what it is about.

`from datatracing.testing import build`, then `build.run("r1")`. Times count from NOON in microseconds.
"""

import json
import zlib
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from datatracing.inbox.row import Content, InboxRow
from datatracing.model import codec
from datatracing.model.completeness import Completeness, CompletenessStatus
from datatracing.model.event import Event, EventKind, Times
from datatracing.model.fate import Books, Fate, LedgerEntry
from datatracing.model.link import Dependency, Direction, Link, LinkKind
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing.model.verdict import Verdict
from datatracing.store.sealed import Sealed, SpanRow
from datatracing.store.summary import RunSummary

NOON = 1_700_000_000_000_000
SECOND = 1_000_000


def run(key: str = "r1", pipeline: str = "etl", *, orchestrator: str = "airflow", namespace: str = "default") -> RunRef:
    """A run of the pipeline `etl` in Airflow."""
    return RunRef(orchestrator, namespace, pipeline, key)


def event(of: RunRef, seq: int = 0, task: str | None = "load", **changes: Any) -> Event:
    """The `seq`-th statement of the producer `p`: the first attempt of a task has started. Without a task, the run."""
    span = SpanKey(task, attempt=1) if task else None
    made = Event(
        EventKind.STARTED,
        of,
        producer="p",
        seq=seq,
        at=NOON + seq,
        span=span,
        state=State.RUNNING,
        times=Times(started_at=NOON + seq),
    )
    return replace(made, **changes)


def attempt(task: str, number: int = 1, state: State = State.SUCCESS, **changes: Any) -> Attempt:
    """An attempt that ran for a second from NOON on."""
    made = Attempt(SpanKey(task, attempt=number), state, state.value, Times(None, None, NOON, NOON + SECOND))
    return replace(made, **changes)


def manifest(of: RunRef, *tasks: str | Attempt, **changes: Any) -> Manifest:
    """A successful run of these tasks, one after the other."""
    attempts = tuple(attempt(task) if isinstance(task, str) else task for task in tasks)
    names = list(dict.fromkeys(each.key.task for each in attempts))
    chain = tuple(Dependency(up, down) for up, down in pairwise(names))
    times = Times(started_at=NOON, ended_at=NOON + len(attempts) * SECOND)
    made = Manifest(of, State.SUCCESS, "success", times.ended_at or NOON, times, attempts, chain)
    return replace(made, **changes)


def row(of: RunRef, seq: int = 0, **changes: Any) -> InboxRow:
    """One event in one inbox row."""
    made = InboxRow(of.trace_id, "p", seq, Content.EVENTS, 1, packed_events([event(of, seq)]), NOON)
    return replace(made, **changes)


def packed_events(events: Iterable[Event]) -> bytes:
    """The payload of an inbox row."""
    return zlib.compress(b"[" + b",".join(codec.dumps(each) for each in events) + b"]", 1)


def summary(of: RunRef, **changes: Any) -> RunSummary:
    """A sealed run: successful, complete, kept, one second long from NOON on."""
    made = RunSummary(
        run=of,
        state=State.SUCCESS,
        raw_state="success",
        times=Times(NOON - SECOND, NOON - 1, NOON, NOON + SECOND),
        verdict=Verdict(keep=True, rule="default", reason="kept: every run is", rate=1.0),
        fate=Fate.KEPT,
        fate_reason="kept: every run is",
        completeness=Completeness(CompletenessStatus.COMPLETE, 1, 1),
        books=Books(emitted=1, stored=1),
        counts={"success": 1},
        sealed_at=NOON + 2 * SECOND,
        inbox_rows=1,
        fingerprint="f",
    )
    return replace(made, **changes)


def open_summary(of: RunRef, **changes: Any) -> RunSummary:
    """A run that has begun and has not been sealed."""
    made = RunSummary(of, State.RUNNING, "running", Times(started_at=NOON), fate_reason="the run has not ended yet")
    return replace(made, **changes)


def started(of: RunRef, at: int, **changes: Any) -> RunSummary:
    """A sealed run that started at this microsecond and took a second."""
    return summary(of, times=Times(started_at=at, ended_at=at + SECOND), **changes)


def sealed(of: RunRef | RunSummary, **changes: Any) -> Sealed:
    """The seal of a run with one task span, skeleton and detail told apart by their content."""
    whole = of if isinstance(of, RunSummary) else summary(of)
    made = Sealed(whole, packed_spans("skeleton"), packed_spans("detail"), (span_row(whole.run, "load"),))
    return replace(made, **changes)


def packed_spans(name: str) -> bytes:
    """The packed list `spans` of a trace document; `unpacked` in the store's answer it is `[{"task": name}]`."""
    return zlib.compress(json.dumps([{"task": name}]).encode())


def span_row(of: RunRef, task: str, number: int = 1, **changes: Any) -> SpanRow:
    """The lean row of a successful attempt."""
    span_id = SpanKey(task, attempt=number).span_id(of.trace_id)
    return replace(SpanRow(span_id, task, -1, number, State.SUCCESS, Times(None, None, NOON, NOON + SECOND)), **changes)


def caused_by(cause: RunRef, kind: LinkKind = LinkKind.TRIGGERED, **changes: Any) -> Link:
    """What an effect says: this run is my cause."""
    return replace(Link(kind, Direction.UP, cause, "the run id says so"), **changes)


def caused(effect: RunRef, kind: LinkKind = LinkKind.TRIGGERED, **changes: Any) -> Link:
    """What a cause says: this run is my effect."""
    return replace(Link(kind, Direction.DOWN, effect, "the task said so"), **changes)


def entry(
    reason: str = "event is larger than 1 byte", count: int = 1, *, at: int = NOON, **changes: Any
) -> LedgerEntry:
    """Something that was rejected, of no run in particular."""
    return replace(LedgerEntry(Fate.REJECTED, reason, count, at), **changes)
