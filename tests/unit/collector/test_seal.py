"""A seal is a pure function of the inbox, written in one transaction, and its books balance."""

import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datatracing.collector.accept import accept
from datatracing.collector.seal import Sealer
from datatracing.collector.sweep import sweep
from datatracing.inbox.limits import Limits
from datatracing.inbox.packing import pack_events, pack_manifest
from datatracing.inbox.row import Content, InboxRow
from datatracing.model import codec
from datatracing.model.completeness import CompletenessStatus
from datatracing.model.event import ErrorInfo, Event, EventKind, Times
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing.sampling.policy import default_policy
from datatracing.store.registry import open_store
from datatracing.store.search import RunFilter

RUN = RunRef("airflow", "default", "etl", "r1")
NOON = 1_700_000_000_000_000
LIMITS = Limits()


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path / 'traces.db'}"
    opened = open_store(url, migrate=True)
    yield opened
    opened.close()


def sealer(store, rate=1.0, limits=LIMITS):
    return Sealer(store, default_policy(rate), limits)


def event(seq=0, task="load", kind=EventKind.STARTED, producer="p", **more):
    return Event(
        kind, RUN, producer=producer, seq=seq, at=NOON + seq, span=SpanKey(task, attempt=1) if task else None, **more
    )


def manifest(*tasks, state=State.SUCCESS, at=NOON + 100, **more):
    attempts = tuple(
        Attempt(SpanKey(task, attempt=1), State.SUCCESS, "success", Times(started_at=NOON, ended_at=NOON + 9))
        for task in tasks
    )
    return Manifest(RUN, state, state.value, at, Times(started_at=NOON, ended_at=NOON + 50), attempts, **more)


def deliver(store, *events):
    return accept(store, [codec.dumps(each) for each in events], LIMITS)


def complete(store, record, **how):
    store.append([pack_manifest(record, NOON)])
    return sealer(store, **how).seal(RUN.trace_id)


def test_a_run_is_sealed_whole(store):
    deliver(store, event(0, attributes={"pool": "p"}), event(1, kind=EventKind.ENDED, state=State.SUCCESS))
    summary = complete(store, manifest("load"))
    assert (summary.state, summary.fate, summary.revision) == (State.SUCCESS, Fate.KEPT, 0)
    assert summary.completeness.status is CompletenessStatus.COMPLETE
    assert summary == store.run(RUN.trace_id)
    assert [span["task"] for span in json.loads(store.spans(RUN.trace_id))] == [None, "load"]


def test_sealing_again_changes_nothing(store):
    deliver(store, event())
    first = complete(store, manifest("load"))
    assert sealer(store).seal(RUN.trace_id) == first


def test_the_same_record_read_twice_by_two_finalizers_is_one_revision(store):
    deliver(store, event())
    complete(store, manifest("load"))
    assert complete(store, manifest("load", at=NOON + 500)).revision == 0


def test_a_late_event_is_folded_in_by_a_reseal(store):
    first = complete(store, manifest("load"))
    assert first.completeness.missing == ("load",)
    deliver(store, event())
    assert store.unfolded(10) == [RUN.trace_id]
    assert sweep(sealer(store)) == 1
    again = store.run(RUN.trace_id)
    assert (again.revision, again.completeness.status) == (1, CompletenessStatus.COMPLETE)
    assert store.unfolded(10) == []


def test_a_run_without_a_record_is_open_and_listed_as_running(store):
    deliver(store, event(0, task=None, state=State.RUNNING), event(1))
    sweep(sealer(store))
    found = store.runs(RunFilter(), 10).runs
    assert [(run.run, run.state, run.verdict) for run in found] == [(RUN, State.RUNNING, None)]
    assert store.spans(RUN.trace_id) is None


def test_law_5_a_dropped_run_keeps_its_skeleton(store):
    deliver(store, event(0, attributes={"secret sauce": 1}))
    summary = complete(store, manifest("load"), rate=0)
    assert summary.fate is Fate.SAMPLED_OUT
    assert summary.verdict.reason
    spans = json.loads(store.spans(RUN.trace_id))
    assert [(span["task"], span["state"], span["attributes"]) for span in spans] == [
        (None, "success", {}),
        ("load", "success", {}),
    ]


def test_law_6_a_lost_event_makes_the_run_partial_and_is_counted(store):
    deliver(store, event(0), event(3, kind=EventKind.ENDED, state=State.SUCCESS))
    summary = complete(store, manifest("load"))
    assert (summary.books.emitted, summary.books.stored, summary.books.lost) == (4, 2, 2)
    assert summary.completeness.missing == ("2 events of producer p emitted and not arrived",)
    assert summary.verdict.rule == "partial"


def test_law_6_what_a_spool_could_not_hold_is_in_the_books(store):
    deliver(store, event(0))
    store.record([LedgerEntry(Fate.LOST, "the spool was full", 5, NOON, RUN.trace_id)])
    books = complete(store, manifest("load")).books
    assert (books.lost, books.emitted, books.balanced) == (5, 6, True)


def test_law_6_a_refused_event_is_rejected_and_not_lost_too(store):
    broken = {**codec.to_plain(event(1)), "seq": "one"}
    receipt = accept(store, [codec.dumps(event(0)), json.dumps(broken).encode(), codec.dumps(event(2))], LIMITS)
    assert (receipt.accepted, [refusal.count for refusal in receipt.rejected]) == (2, [1])
    assert store.ledger()[0].fate is Fate.REJECTED
    assert store.ledger()[0].reason == "event.seq must be an integer of at most 64 bits"


@given(
    numbers=st.lists(st.integers(0, 12), min_size=1, max_size=30),
    cuts=st.integers(1, 5),
    keep=st.booleans(),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_law_6_the_books_balance_however_events_are_packed_repeated_and_lost(numbers, cuts, keep):
    store = open_store("memory://", migrate=True)
    for start in range(0, len(numbers), cuts):
        rows = pack_events([event(n) for n in numbers[start : start + cuts]], per_row=3, received_at=NOON)
        store.append([replace(row, received_at=NOON + start) for row in rows])
    summary = complete(store, manifest("load", state=State.SUCCESS if keep else State.FAILED))
    unique = set(numbers)
    assert summary.books.balanced
    assert summary.books.stored == len(unique)
    assert summary.books.lost == max(unique) + 1 - len(unique)


@given(st.permutations(list(range(6))), st.integers(1, 6))
@settings(max_examples=40)
def test_law_3_batches_in_any_order_and_size_seal_to_the_same_run(order, size):
    sealed = []
    for arrangement in (list(range(6)), order):
        store = open_store("memory://", migrate=True)
        for start in range(0, 6, size):
            deliver(store, *(event(n, task=f"t{n}") for n in arrangement[start : start + size]))
        summary = complete(store, manifest(*(f"t{n}" for n in range(6))))
        sealed.append((summary.fingerprint, store.spans(RUN.trace_id)))
    assert sealed[0] == sealed[1]


def test_a_batch_sent_again_under_other_boundaries_hides_nothing(store):
    deliver(store, event(0), event(1))
    receipt = deliver(store, event(0), event(1), event(2))
    assert receipt.accepted + receipt.duplicate == 3
    books = complete(store, manifest("load")).books
    assert (books.stored, books.duplicate, books.lost) == (3, 2, 0)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"not zlib", "not zlib"),
        (zlib.compress(b"[]")[:-4], "cut off"),
        (zlib.compress(b"{torn"), "not JSON"),
        (zlib.compress(b'{"a": 1}'), "not a list"),
        (zlib.compress(b" " * (LIMITS.row_bytes + 1)), "inflates to more than"),
        (zlib.compress(b'[{"kind": 1}]'), "missing"),
    ],
)
def test_a_row_that_cannot_be_read_leaves_the_others_alone(store, payload, reason):
    deliver(store, event())
    store.append([InboxRow(RUN.trace_id, "evil", 0, Content.EVENTS, 1, payload, NOON)])
    summary = complete(store, manifest("load"))
    assert (summary.books.stored, summary.books.rejected) == (1, 1)
    assert reason in store.ledger(RUN.trace_id)[0].reason


def test_what_was_refused_is_noted_once_however_often_the_run_is_sealed(store):
    store.append([InboxRow(RUN.trace_id, "evil", 0, Content.EVENTS, 1, b"junk", NOON)])
    complete(store, manifest("load"))
    deliver(store, event())
    summary = sealer(store).seal(RUN.trace_id)
    assert summary.books.rejected == 1
    assert len(store.ledger(RUN.trace_id)) == 1


def test_an_event_smuggled_into_another_run_is_refused(store):
    stranger = replace(event(), run=replace(RUN, run_id="other"))
    payload = zlib.compress(b"[" + codec.dumps(stranger) + b"]")
    store.append([InboxRow(RUN.trace_id, "evil", 0, Content.EVENTS, 1, payload, NOON)])
    complete(store, manifest("load"))
    assert store.ledger(RUN.trace_id)[0].reason == "the event names another run"


def test_an_oversized_event_is_refused_with_its_size_limit(store):
    receipt = deliver(store, event(attributes={"blob": "x" * LIMITS.event_bytes}))
    assert receipt.rejected[0].reason == f"event is larger than {LIMITS.event_bytes} bytes"


def test_spans_that_only_events_claim_are_bounded_and_those_on_record_are_not(store):
    limits = replace(LIMITS, spans_per_run=2)
    deliver(store, *(event(n, task=f"t{n}") for n in range(5)))
    store.append([pack_manifest(manifest("t4", "t3"), NOON)])
    summary = sealer(store, limits=limits).seal(RUN.trace_id)
    spans = {span["task"] for span in json.loads(store.spans(RUN.trace_id))}
    assert {"t3", "t4"} <= spans
    assert summary.books.rejected == 3
    assert summary.books.balanced


def test_a_users_attribute_named_like_ours_stays_an_attribute(store):
    deliver(
        store, event(attributes={"state": "lies", "span_id": "0" * 16, "depends_on": ["x"]}, error=ErrorInfo("E", "m"))
    )
    complete(store, manifest("load"))
    span = json.loads(store.spans(RUN.trace_id))[1]
    assert (span["state"], span["depends_on"]) == ("success", [])
    assert span["attributes"]["state"] == "lies"


def test_a_kept_run_is_never_silently_dropped_later(store):
    deliver(store, event())
    first = complete(store, manifest("load", state=State.FAILED), rate=0)
    assert first.verdict.keep
    again = complete(store, manifest("load", at=NOON + 900), rate=0)
    assert (again.state, again.verdict.keep, again.revision) == (State.SUCCESS, True, 1)


def test_a_run_of_which_nothing_can_be_read_leaves_a_reason_and_no_run(store):
    store.append([InboxRow(RUN.trace_id, "evil", 0, Content.EVENTS, 1, b"junk", NOON)])
    assert sealer(store).seal(RUN.trace_id) is None
    assert sealer(store).seal(RUN.trace_id) is None
    assert store.run(RUN.trace_id) is None
    assert [(entry.fate, entry.count) for entry in store.ledger(RUN.trace_id)] == [(Fate.REJECTED, 1)]


@pytest.mark.parametrize("at", [-1, 2**62])
def test_a_time_that_no_calendar_has_is_refused(store, at):
    receipt = deliver(store, event(times=Times(started_at=at)))
    assert receipt.rejected[0].reason == "a time is outside the years 1970 to 9999"
