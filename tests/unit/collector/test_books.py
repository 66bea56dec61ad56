"""Law 6: the books of a run are kept per producer, and a loss is told by name."""

import json
from dataclasses import replace

import pytest

from datatracing.connection.local import LocalConnection
from datatracing.model import codec
from datatracing.model.completeness import CompletenessStatus
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.link import Dependency
from datatracing.sampling.policy import default_policy
from datatracing.store.registry import open_store
from datatracing.testing import build

RUN = build.run()


@pytest.fixture
def connection(store_url):
    opened = LocalConnection(open_store(store_url), default_policy(1.0))
    yield opened
    opened.close()


def lost(count, reason="disk_full", producer="ab12", of=RUN):
    return LedgerEntry(Fate.LOST, reason, count, build.NOON, of.trace_id if of else "", producer)


def told(connection, *seqs, producer="p"):
    connection.accept(codec.dumps(build.event(RUN, seq, producer=producer)) for seq in seqs)


def test_law_6_one_producers_gap_and_anothers_reported_loss_are_two_losses(connection):
    told(connection, 0, 4, producer="a")
    told(connection, 0, producer="b")
    connection.lose([lost(3, producer="b")])
    sealed = connection.complete(build.manifest(RUN, "load"))
    assert (sealed.books.lost, sealed.books.emitted, sealed.books.balanced) == (6, 9, True)
    assert sealed.completeness.status is CompletenessStatus.PARTIAL
    assert sealed.completeness.missing == (
        "3 events of producer a emitted and not arrived",
        "3 events of producer b lost: disk_full",
    )


def test_law_6_a_reported_loss_explains_the_gap_of_its_own_producer(connection):
    told(connection, 0, 4)
    connection.lose([lost(2, producer="p")])
    sealed = connection.complete(build.manifest(RUN, "load"))
    assert sealed.books.lost == 3
    assert sealed.completeness.missing == (
        "2 events of producer p lost: disk_full",
        "1 event of producer p emitted and not arrived",
    )


def test_law_6_a_report_that_grows_is_counted_once_and_seals_the_run_again(connection):
    told(connection, 0)
    assert connection.complete(build.manifest(RUN, "load")).completeness.status is CompletenessStatus.COMPLETE
    for count in (1, 3, 3, 2):
        connection.lose([lost(count)])
    connection.sweep()
    found = connection.store.run(RUN.trace_id)
    assert (found.books.lost, found.revision) == (3, 1)
    assert found.completeness.missing == ("3 events of producer ab12 lost: disk_full",)
    assert connection.store.unfolded(10) == []


def test_law_6_a_loss_that_nobody_could_count_is_a_loss(connection):
    told(connection, 0)
    connection.lose([lost(0, "spool_torn")])
    sealed = connection.complete(build.manifest(RUN, "load"))
    assert sealed.completeness.status is CompletenessStatus.PARTIAL
    assert sealed.completeness.missing == ("an unknown number of events of producer ab12 lost: spool_torn",)
    assert (sealed.books.lost, sealed.verdict.rule) == (0, "partial")


def test_law_6_a_loss_of_no_run_stays_in_the_ledger(connection):
    connection.lose([lost(3, of=None)])
    assert [(entry.count, entry.trace_id) for entry in connection.store.ledger()] == [(3, "")]
    assert connection.store.unfolded(10) == []


def test_law_3_events_of_a_newer_worker_are_stored_and_what_was_not_known_is_told(connection):
    newer = [{**codec.to_plain(build.event(RUN, seq)), "tenant": "t", "kind": "paused"} for seq in range(3)]
    assert connection.accept(json.dumps(each).encode() for each in newer).accepted == 3
    sealed = connection.complete(build.manifest(RUN, "load"))
    assert (sealed.books.stored, sealed.completeness.status) == (3, CompletenessStatus.COMPLETE)
    assert sealed.unknown_fields == {"event.kind": 3, "event.tenant": 3}
    assert connection.store.run(RUN.trace_id) == sealed
    received = next(each for each in connection.why(RUN.trace_id)["stages"] if each["stage"] == "received")
    assert "3 statements had fields that this version does not know: event.kind, event.tenant" in received["says"]
    assert "tenant" not in connection.store.spans(RUN.trace_id).decode()


def test_a_large_record_in_parts_seals_only_when_it_is_whole(connection):
    from datatracing.access.tokens import token
    from datatracing.model.parts import split
    from datatracing.model.token import Scope

    watcher = token("watcher", "default", [Scope.MANIFESTS], "m")
    whole = build.manifest(RUN, *(f"task_{n}" for n in range(200)), dependencies=(Dependency("task_1", "task_2"),))
    parts = [codec.dumps(part) for part in split(whole, 8_000)]
    assert len(parts) > 3
    told(connection, 0)
    assert connection.take(parts[1:], watcher).verdict is None
    connection.sweep()
    found = connection.store.run(RUN.trace_id)
    assert found.verdict is None
    assert f"{len(parts) - 1} of {len(parts)} parts" in found.fate_reason
    connection.take(parts[:1], watcher)
    connection.take(parts[:1], watcher)
    connection.sweep()
    found = connection.store.run(RUN.trace_id)
    assert (found.verdict is not None, found.completeness.expected) == (True, 200)


def test_two_parts_and_two_records_of_one_moment_are_all_kept(connection):
    connection.complete(build.manifest(RUN, "load"))
    connection.complete(replace(build.manifest(RUN, "load"), raw_state="other"))
    assert len(connection.store.inbox(RUN.trace_id)) == 2
