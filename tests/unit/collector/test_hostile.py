"""Laws 6 and 8: what a token's holder can send changes no run's identity, blocks no seal, and wins by no time."""

import json
import zlib
from dataclasses import replace
from itertools import count
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datatracing.access.tokens import token
from datatracing.collector.accept import accept
from datatracing.connection.local import LocalConnection
from datatracing.errors import BadInputError
from datatracing.inbox.limits import Limits
from datatracing.inbox.row import Content, InboxRow
from datatracing.model import clock, codec
from datatracing.model.event import ErrorInfo, Times
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.link import Direction, Link, LinkKind
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing.model.token import Scope
from datatracing.sampling.policy import default_policy
from datatracing.store.registry import open_store
from datatracing.testing import build

RUN = build.run()
JOB = RunRef("dagster", "default", "job", "6f9619ff-8b86-4011-b42d-00cf4fc964ff")
VICTIM = str(UUID(RUN.trace_id))
"""The trace id of an Airflow run as anybody may write it down."""
WORKER = token("worker", "default", [Scope.EVENTS], "w")
STRANGER = token("stranger", "theirs", [Scope.EVENTS], "s")
WATCHER = token("watcher", "default", [Scope.EVENTS, Scope.MANIFESTS], "m")


@pytest.fixture
def connection(store_url):
    opened = LocalConnection(open_store(store_url), default_policy(1.0))
    yield opened
    opened.close()


def in_memory(limits=None):
    return LocalConnection(open_store("memory://", migrate=True), default_policy(1.0), limits)


def lines(*events):
    return [codec.dumps(event) for event in events]


def changed(event, **changes):
    """The event's JSON with something in it that no model object would hold."""
    return json.dumps({**codec.to_plain(event), **changes}).encode()


def record(of, **changes):
    return codec.dumps(build.manifest(of, "load", **changes))


# --- whose runs ---


def test_law_8_a_worker_speaks_of_runs_of_its_own_namespace_only(connection):
    receipt = connection.accept(lines(build.event(RUN)), STRANGER)
    assert (receipt.accepted, receipt.rejected[0].count) == (0, 1)
    assert "another namespace" in receipt.rejected[0].reason
    assert connection.store.inbox(RUN.trace_id) == []
    assert [(entry.fate, entry.trace_id) for entry in connection.store.ledger()] == [(Fate.REJECTED, "")]


def test_law_8_a_worker_does_not_send_an_orchestrators_record(connection):
    with pytest.raises(BadInputError, match="scope manifests"):
        connection.take([record(RUN)], WORKER)
    with pytest.raises(BadInputError, match="another namespace"):
        connection.take([record(RUN, recorded=False)], STRANGER)
    assert connection.store.run(RUN.trace_id) is None
    assert {entry.fate for entry in connection.store.ledger()} == {Fate.REJECTED}
    assert connection.take([record(RUN, recorded=False)], WORKER).state is State.SUCCESS
    assert connection.take([record(RUN)], WATCHER).verdict is not None


def test_law_8_losses_of_strangers_do_not_touch_a_run(connection):
    loss = LedgerEntry(Fate.LOST, "made up", 5, clock.now(), RUN.trace_id, "p")
    connection.lose([loss], STRANGER)
    connection.accept(lines(build.event(RUN)))
    sealed = connection.complete(build.manifest(RUN, "load"))
    assert (sealed.books.lost, sealed.completeness.status.value) == (0, "complete")
    connection.lose([loss], STRANGER)
    assert connection.store.unfolded(10) == []
    assert "made up" not in json.dumps(connection.why(RUN.trace_id))


# --- who a run is ---


@pytest.mark.parametrize("orchestrator", ["w3c", "dagster", "prefect", "nifi", ""])
@pytest.mark.parametrize("straight", [False, True], ids=["door", "spool"])
def test_law_8_a_sealed_run_keeps_its_identity(connection, orchestrator, straight):
    connection.accept(lines(build.event(RUN)))
    connection.complete(build.manifest(RUN, "load"))
    thief = RunRef(orchestrator, "default", "hidden", VICTIM)
    later = build.manifest(thief, observed_at=build.NOON + 10**9, state=State.FAILED)
    if straight:
        claims = [_row(RUN, Content.MANIFEST, codec.dumps(later)), _row(RUN, Content.EVENTS, _list(build.event(thief)))]
        connection.store.append(claims)
    else:
        connection.accept(lines(build.event(thief)), WORKER)
        with pytest.raises(BadInputError):
            connection.take([codec.dumps(later)], WATCHER)
    connection.sweep()
    found = connection.store.run(RUN.trace_id)
    assert (found.run, found.state, found.books.stored) == (RUN, State.SUCCESS, 1)
    assert any(entry.fate is Fate.REJECTED for entry in connection.store.ledger())


def test_law_8_who_came_first_does_not_take_the_place_of_a_run_whose_id_proves_it(connection):
    thief = RunRef("dagster", "default", "hidden", VICTIM)
    connection.accept(lines(build.event(thief, producer="thief")), WORKER)
    connection.sweep()
    assert connection.store.run(RUN.trace_id).run == thief
    connection.accept(lines(build.event(RUN)), WORKER)
    connection.take([record(RUN)], WATCHER)
    connection.sweep()
    found = connection.store.run(RUN.trace_id)
    assert (found.run, found.completeness.status.value, found.books.stored) == (RUN, "complete", 1)


def test_law_8_the_orchestrators_record_decides_whose_a_uuid_is(connection):
    thief = replace(JOB, pipeline="aaa")
    connection.accept(lines(build.event(thief)), WORKER)
    connection.take([record(thief, recorded=False)], WORKER)
    connection.store.append([_row(JOB, Content.EVENTS, _list(build.event(JOB, producer="true")))])
    connection.store.append([_row(JOB, Content.MANIFEST, record(JOB, observed_at=build.NOON + 7))])
    connection.sweep()
    assert connection.store.run(JOB.trace_id).run == JOB
    connection.accept(lines(build.event(thief, seq=5)), WORKER)
    connection.sweep()
    found = connection.store.run(JOB.trace_id)
    assert (found.run, found.books.stored) == (JOB, 1)


def test_law_8_an_alias_does_not_take_the_place_of_a_run(connection):
    mine = build.run("mine")
    connection.take([record(mine, recorded=False, aliases=[RUN.trace_id])], WORKER)
    connection.accept(lines(build.event(RUN)), WORKER)
    assert connection.store.run(RUN.trace_id) is None
    connection.sweep()
    assert connection.store.run(RUN.trace_id).run == RUN


def test_a_caller_of_whom_only_a_traceparent_is_known_is_the_end_of_a_link_and_no_run(connection):
    caller = RunRef("w3c", "default", "trace", "4bf92f3577b34da6a3ce929d0e0e4736")
    link = Link(LinkKind.PROPAGATED, Direction.UP, caller, "traceparent")
    assert connection.accept(lines(build.event(RUN, links=(link,))), WORKER).accepted == 1
    forged = replace(link, run=replace(caller, run_id="any text"))
    refused = connection.accept(lines(build.event(RUN, 1, links=(forged,)), build.event(caller)), WORKER)
    assert (refused.accepted, len(refused.rejected)) == (0, 2)


# --- numbers, names and times ---

FUTURE = clock.now() + 3_600 * clock.SECOND
E = build.event(RUN)
SENT = {
    "seq 2^63-1": changed(E, seq=2**63 - 1),
    "seq 2^53": changed(E, seq=2**53),
    "seq below 0": changed(E, seq=-1),
    "seq 10^400": changed(E, seq=1).replace(b'"seq": 1', b'"seq": ' + b"9" * 400),
    "seq 10^5000": changed(E, seq=1).replace(b'"seq": 1', b'"seq": ' + b"9" * 5_000),
    "at 10^30": changed(E, at=10**30),
    "at a word": changed(E, at="9" * 30),
    "at tomorrow": changed(E, at=FUTURE),
    "at 2^63-1": changed(E, at=2**63 - 1),
    "ended tomorrow": changed(E, times={"ended_at": FUTURE}),
    "started before 1970": changed(E, times={"started_at": -1}),
    "map_index": changed(E, span={"task": "t", "map_index": 2**31}),
    "map_index below": changed(E, span={"task": "t", "map_index": -2}),
    "attempt": changed(E, span={"task": "t", "attempt": 2**40}),
    "producer long": changed(E, producer="p" * 12_000),
    "producer with spaces": changed(E, producer="a b"),
    "producer empty": changed(E, producer=""),
    "producer of records": changed(E, producer="manifest"),
    "pipeline long": changed(E, run={**codec.to_plain(RUN), "pipeline": "ż" * 600}),
    "namespace long": changed(E, run={**codec.to_plain(RUN), "namespace": "n" * 201}),
    "half a surrogate in the run": changed(E, run={**codec.to_plain(RUN), "run_id": "\ud800"}),
    "half a surrogate in the pipeline": changed(E, run={**codec.to_plain(RUN), "pipeline": "a\udfff"}),
    "NUL in the task": changed(E, span={"task": "a\x00b"}),
    "task long": changed(E, span={"task": "t" * 5_000}),
    "raw state long": changed(E, raw_state="r" * 10_000),
    "deep": changed(E, attributes={"a": json.loads("[" * 500 + "]" * 500)}),
    "deeper than a parser": b'{"attributes":' + b'{"a":' * 50_000,
    "not JSON": b"1",
    "not an event": b"{}",
    "bytes": bytes(range(256)).replace(b"\n", b""),
}


@pytest.mark.parametrize("what", SENT)
def test_law_6_what_no_producer_of_ours_sends_is_refused_with_its_reason_and_the_rest_stands(sqlite_url, what):
    connection = LocalConnection(open_store(sqlite_url), default_policy(1.0))
    receipt = connection.accept([SENT[what], *lines(build.event(RUN, 1))], WORKER)
    assert (receipt.accepted, [refusal.count for refusal in receipt.rejected]) == (1, [1])
    assert [entry.fate for entry in connection.store.ledger()] == [Fate.REJECTED]
    assert max(len(entry.reason) for entry in connection.store.ledger()) <= 200
    sealed = connection.take([record(RUN)], WATCHER)
    assert (sealed.state, sealed.books.balanced, sealed.books.stored) == (State.SUCCESS, True, 1)
    connection.close()


RECORDS = {
    "observed for ever": {"observed_at": 2**63 - 1},
    "observed tomorrow": {"observed_at": FUTURE},
    "ended tomorrow": {"times": Times(ended_at=FUTURE)},
    "attempts tomorrow": {"attempts": (build.attempt("t", times=Times(started_at=FUTURE)),)},
    "map_index": {"attempts": (build.attempt("t", key=SpanKey("t", 2**31)),)},
    "many aliases": {"aliases": ("ab" * 16,) * 17},
    "parts": {"part": 1, "parts": 1},
    "parts below": {"part": -1, "parts": 3},
    "parts without end": {"part": 0, "parts": 2**40},
}


@pytest.mark.parametrize("what", RECORDS)
def test_law_6_a_record_out_of_bounds_is_refused_and_does_not_win(what):
    connection = in_memory()
    with pytest.raises(BadInputError):
        connection.take([record(RUN, **RECORDS[what])], WATCHER)
    connection.store.append([_row(RUN, Content.MANIFEST, record(RUN, **RECORDS[what]))])
    connection.accept(lines(build.event(RUN)))
    sealed = connection.complete(build.manifest(RUN, "load", state=State.FAILED, raw_state="failed"))
    assert (sealed.state, sealed.books.rejected) == (State.FAILED, 1)


def test_law_6_a_jump_in_numbers_does_not_invent_losses_without_end():
    connection = in_memory()
    connection.accept(lines(build.event(RUN), build.event(RUN, 10**12, at=build.NOON)), WORKER)
    sealed = connection.complete(build.manifest(RUN, "load"))
    assert sealed.books.lost == Limits().gap_per_producer
    assert sealed.books.balanced
    assert sealed.completeness.missing == ("at least 100,000 events of producer p emitted and not arrived",)


@pytest.mark.parametrize("count_", [-1, 2**40, 2**63 - 1])
def test_law_6_a_loss_that_cannot_be_is_refused(count_):
    connection = in_memory()
    with pytest.raises(BadInputError, match="a loss has a count"):
        connection.lose([LedgerEntry(Fate.LOST, "x", count_, clock.now(), RUN.trace_id, "p")], WORKER)
    assert connection.store.ledger() == []


@pytest.mark.parametrize("told", [-1, 2**53 + 1, 2**63 - 1])
def test_law_6_a_loss_of_more_numbers_than_there_can_be_is_refused(told):
    connection = in_memory()
    with pytest.raises(BadInputError, match="a producer that has told"):
        connection.lose([LedgerEntry(Fate.LOST, "x", 1, clock.now(), RUN.trace_id, "p", told=told)], WORKER)
    assert connection.store.ledger() == []


def test_law_6_a_report_does_not_invent_losses_without_end():
    connection = in_memory()
    connection.accept(lines(build.event(RUN)))
    connection.lose([LedgerEntry(Fate.LOST, "x", 1, clock.now(), RUN.trace_id, "p", told=10**12)], WORKER)
    sealed = connection.complete(build.manifest(RUN, "load"))
    assert (sealed.books.lost, sealed.books.balanced) == (Limits().gap_per_producer, True)
    assert sealed.completeness.missing[-1] == "at least 99,999 events of producer p emitted and not arrived"


def test_law_6_attributes_that_json_writers_refuse_do_not_block_a_seal():
    connection = in_memory()
    error = ErrorInfo("E\ud800", "m\udfff", "s\x00")
    odd = build.event(RUN, attributes={"huge": 10**400, "half": "\ud800", "\ud800": 1}, error=error)
    assert connection.accept(lines(odd), WORKER).accepted == 1
    sealed = connection.complete(build.manifest(RUN, build.attempt("load", state=State.FAILED), state=State.FAILED))
    assert sealed.books.stored == 1
    assert json.loads(connection.store.spans(RUN.trace_id))[1]["attributes"]["huge"]


numbers = st.one_of(
    st.integers(-2, 3),
    st.sampled_from([2**31 - 1, 2**31, 2**53 - 1, 2**53, 2**62, 2**63 - 1, 2**63, 2**64, -(2**63), 10**30, FUTURE]),
)
maybe = st.none() | numbers


@given(
    seqs=st.lists(numbers, min_size=1, max_size=4),
    at=numbers,
    index=numbers,
    attempt=numbers,
    moments=st.lists(maybe, min_size=4, max_size=4),
    observed=numbers,
    losses=st.lists(numbers, max_size=2),
    n=st.integers(-1, 2**31),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_law_6_hostile_numbers_never_block_a_seal(seqs, at, index, attempt, moments, observed, losses, n):
    """Through the door, and straight from a spool that anybody may have written."""
    connection = in_memory()
    connection.accept(lines(build.event(RUN, producer="honest")))
    times = dict(zip(("scheduled_at", "queued_at", "started_at", "ended_at"), moments, strict=True))
    span = {"task": "t", "map_index": index, "attempt": attempt}
    odd = [changed(E, seq=seq, at=at, span=span, times=times) for seq in seqs]
    connection.accept(odd, WORKER)
    manifest = json.dumps({**codec.to_plain(build.manifest(RUN, "load")), "observed_at": observed, "times": times})
    rows = [
        _row(RUN, Content.EVENTS, b"[" + b",".join(odd) + b"]", n=n),
        _row(RUN, Content.MANIFEST, manifest.encode(), seq=min(max(observed, 0), 2**63 - 1)),
    ]
    connection.store.append(rows)
    for lost in losses:
        try:
            connection.lose([LedgerEntry(Fate.LOST, "x", lost, at, RUN.trace_id, "p")], WORKER)
        except BadInputError:
            continue
    sealed = connection.complete(build.manifest(RUN, "load"))
    assert sealed.run == RUN
    assert sealed.books.balanced
    assert max(vars(sealed.books).values()) < 2**62
    assert connection.sweep() == 0


# --- how much ---


def test_law_6_an_event_that_is_refused_is_refused_once_however_often_it_is_in_a_row():
    connection = in_memory()
    events = [build.event(RUN, seq, raw_state="x" * (1_000 if seq == 1 else 1)) for seq in range(4)]
    rows = [_row(RUN, Content.EVENTS, _list(*events[:n]), n=n) for n in (2, 3, 4)]
    connection.store.append([replace(row, producer="p") for row in rows])
    books = connection.complete(build.manifest(RUN, "load")).books
    assert (books.stored, books.rejected, books.lost, books.balanced) == (3, 1, 0, True)


def test_law_6_a_run_that_is_too_much_is_sealed_with_what_fits():
    connection = in_memory(replace(Limits(), run_bytes=20_000))
    for seq in range(40):
        connection.accept(lines(build.event(RUN, seq, attributes={"x": "y" * 2_000})), WORKER)
    sealed = connection.complete(build.manifest(RUN, "load"))
    assert 0 < sealed.books.stored < 40
    assert sealed.books.balanced


def test_law_6_links_without_end_are_refused_and_the_rest_is_sealed():
    connection = in_memory(replace(Limits(), links_per_run=10))
    links = [Link(LinkKind.TRIGGERED, Direction.DOWN, build.run(f"child{n}"), "said so") for n in range(12)]
    connection.accept(lines(*(build.event(RUN, n, links=(link,)) for n, link in enumerate(links))), WORKER)
    sealed = connection.complete(build.manifest(RUN, "load"))
    assert (sealed.books.stored, sealed.books.rejected, sealed.books.lost) == (10, 2, 0)
    assert len(connection.store.links(RUN.trace_id)) == 10


def test_refusals_of_one_delivery_do_not_fill_the_ledger():
    connection = in_memory()
    odd = [changed(build.event(RUN, n), raw_state="x" * 300, at=build.NOON + n) for n in range(1_500)]
    receipt = connection.accept(odd, WORKER)
    assert sum(refusal.count for refusal in receipt.rejected) == 1_500
    assert len(connection.store.ledger(limit=10_000)) <= 110
    assert sum(entry.count for entry in connection.store.ledger(limit=10_000)) == 1_500


def test_law_6_a_refusal_that_is_sent_twice_is_one_refusal():
    connection = in_memory()
    connection.accept(lines(build.event(RUN), build.event(RUN, 3)), WORKER)
    for _ in range(2):
        connection.accept([changed(build.event(RUN, 1), raw_state="x" * 300)], WORKER)
    books = connection.complete(build.manifest(RUN, "load")).books
    assert (books.stored, books.rejected, books.lost) == (2, 1, 1)


_numbers = count()


def _row(of, content, json_bytes, *, seq=0, n=1):
    producer = "manifest" if content is Content.MANIFEST else f"spool{next(_numbers)}"
    return InboxRow(of.trace_id, producer, seq, content, n, zlib.compress(json_bytes), build.NOON)


def _list(*events):
    return b"[" + b",".join(lines(*events)) + b"]"


def test_each_line_is_worked_on_before_the_next_is_asked_for():
    """Whoever gives the lines pauses between two, so that a host's other threads get their turn."""
    seen = []

    def given():
        for n in range(700):
            assert len(seen) == n
            yield codec.dumps(build.event(RUN, seq=n))

    accept(in_memory().store, given(), Limits(), lambda event: seen.append(event) or event)
    assert len(seen) == 700
