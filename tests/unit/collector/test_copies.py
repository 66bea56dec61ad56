"""Law 6: what a spool file misses is lost only if nothing else brings it; law 3: whatever of it comes first."""

import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatracing.capture import page
from datatracing.capture.frame import frames
from datatracing.capture.reading import losses_of, read
from datatracing.connection.local import LocalConnection
from datatracing.inbox.row import Content, InboxRow
from datatracing.model import clock, codec
from datatracing.model.completeness import CompletenessStatus
from datatracing.model.loss import Loss
from datatracing.sampling.policy import default_policy
from datatracing.store.memory import MemoryStore
from datatracing.testing import build
from tests.capturing import PRODUCER, RUN, file_of, frame, unhurried


def in_memory(store=None):
    return LocalConnection(store or MemoryStore(), default_policy(1.0))


def written(seq):
    return frame(seq, codec.dumps(build.event(RUN, seq, producer=PRODUCER)))


def deliver(connection, data):
    """As the agent does with a file that is over: its events, then what it misses."""
    connection.accept(each.json for each in read(data).frames)
    connection.lose(losses_of(read(data)))


def sealed(connection):
    connection.complete(build.manifest(RUN, "load"))
    connection.sweep()
    return connection.store.run(RUN.trace_id)


WHOLE = file_of(*map(written, range(5)))
ENDS = [each.end for each in frames(WHOLE, page.SIZE)]
HALF = WHOLE[: ENDS[1] + 9]


@pytest.mark.parametrize("files", [(HALF, WHOLE), (WHOLE, HALF), (HALF, HALF, WHOLE, WHOLE)])
def test_law_6_a_torn_copy_beside_its_original_is_no_loss(files):
    connection = in_memory()
    for each in files:
        deliver(connection, each)
    found = sealed(connection)
    assert (found.books.stored, found.books.lost, found.books.balanced) == (5, 0, True)
    assert found.completeness.status is CompletenessStatus.COMPLETE
    books = next(each for each in connection.why(RUN.trace_id)["stages"] if each["stage"] == "books")
    assert (books["status"], "spool_torn" in books["says"]) == ("ok", False)


def test_law_6_a_torn_copy_alone_is_charged_and_its_original_heals_the_run():
    connection = in_memory()
    deliver(connection, HALF)
    first = sealed(connection)
    assert (first.books.stored, first.books.lost, first.books.balanced) == (2, 3, True)
    assert first.completeness.missing == (f"3 events of producer {PRODUCER} lost: spool_torn",)
    deliver(connection, WHOLE)
    connection.sweep()
    healed = connection.store.run(RUN.trace_id)
    assert (healed.books.stored, healed.books.lost, healed.revision) == (5, 0, 1)
    assert healed.completeness.status is CompletenessStatus.COMPLETE


def test_law_6_a_producer_that_goes_on_in_another_file_loses_what_the_first_one_misses():
    connection = in_memory()
    deliver(connection, HALF)
    deliver(connection, file_of(*map(written, range(5, 8))))
    assert (sealed(connection).books.stored, sealed(connection).books.lost) == (5, 3)


@st.composite
def stories(draw):
    """What a process told, what it could not write, and copies of its file, each cut off somewhere."""
    kept = draw(st.lists(st.booleans(), min_size=1, max_size=8))
    told = [written(seq) for seq, fits in enumerate(kept) if fits]
    count = page.Count(RUN.trace_id, PRODUCER, 1_000, emitted=len(kept), told=len(kept))
    if lost := kept.count(False):
        count.add_lost(Loss.DISK_FULL, lost)
    whole = file_of(*told, counts=[count])
    cuts = draw(st.lists(st.integers(page.SIZE, len(whole)), min_size=1, max_size=4))
    return len(kept), [whole[:cut] for cut in cuts]


@unhurried
@given(stories(), st.data())
def test_law_6_whatever_copies_there_are_lost_is_what_is_in_none_of_them(story, data):
    told, copies = story
    connection = in_memory()
    for each in data.draw(st.permutations([*copies, *copies[:2]])):
        deliver(connection, each)
        if data.draw(st.booleans()):
            sealed(connection)
    found = sealed(connection)
    there = {each.seq for copy in copies for each in read(copy).frames}
    assert (found.books.stored, found.books.lost, found.books.balanced) == (len(there), told - len(there), True)
    assert (found.completeness.missing == ()) == (len(there) == told)


@unhurried
@given(stories(), st.data())
def test_law_3_reports_and_events_in_any_order_seal_to_the_same_run(story, data):
    _, copies = story
    pieces = [(which, read(each)) for each in copies for which in ("events", "losses")]
    found = []
    for order in (pieces, data.draw(st.permutations(pieces))):
        connection = in_memory()
        for which, contents in order:
            if which == "events":
                connection.accept(each.json for each in contents.frames)
            else:
                connection.lose(losses_of(contents))
        found.append(sealed(connection))
    assert (found[0].fingerprint, found[0].completeness) == (found[1].fingerprint, found[1].completeness)
    assert replace(found[0].books, emitted=0, duplicate=0) == replace(found[1].books, emitted=0, duplicate=0)


def test_law_6_an_event_refused_at_the_door_hides_no_gap_before_it():
    connection = in_memory()
    bad = build.event(RUN, 3, raw_state="x" * 1_000)
    connection.accept(codec.dumps(each) for each in (build.event(RUN), build.event(RUN, 2), bad))
    books = sealed(connection).books
    assert (books.stored, books.rejected, books.lost, books.emitted) == (2, 1, 1, 4)


@pytest.mark.parametrize("straight", [False, True], ids=["door", "spool"])
def test_law_6_an_event_that_was_refused_and_comes_again_is_stored_and_not_rejected(monkeypatch, straight):
    connection = in_memory()
    early = [codec.dumps(build.event(RUN, seq, at=build.NOON + 400 * clock.SECOND * (seq == 1))) for seq in range(3)]
    deliveries = [early, early[:2]]
    for now, lines in zip((build.NOON, build.NOON + 500 * clock.SECOND), deliveries, strict=True):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        if straight:
            payload = zlib.compress(b"[" + b",".join(lines) + b"]")
            connection.store.append([InboxRow(RUN.trace_id, "p", 0, Content.EVENTS, len(lines), payload, now)])
        else:
            connection.accept(lines)
        found = sealed(connection)
        rejected = int(now == build.NOON)
        assert (found.books.stored, found.books.rejected, found.books.lost) == (3 - rejected, rejected, 0)


def test_law_3_what_a_run_is_does_not_depend_on_when_or_by_whose_clock_it_is_sealed(monkeypatch):
    """The agent of a host whose clock is ahead folds what that host said; later somebody else does."""
    connection = in_memory()
    ahead = build.NOON + 3_600 * clock.SECOND
    lines = [codec.dumps(build.event(RUN, seq, at=ahead)) for seq in range(2)]
    payload = zlib.compress(b"[" + b",".join(lines) + b"]")
    connection.store.append([InboxRow(RUN.trace_id, "p", 0, Content.EVENTS, 2, payload, ahead)])
    found = []
    for now in (ahead, build.NOON):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        found.append(sealed(connection).books)
    assert found[0] == found[1]
    assert (found[0].stored, found[0].rejected) == (2, 0)


class Interrupted(MemoryStore):
    """Somebody reports a loss right behind the moment at which a seal has read the ledger."""

    report_now = None

    def totals(self, trace_id):
        found = super().totals(trace_id)
        if self.report_now is not None:
            report, self.report_now = self.report_now, None
            report()
        return found


def test_law_6_a_loss_that_comes_while_its_run_is_sealed_for_the_first_time_is_in_its_books():
    store = Interrupted()
    connection = in_memory(store)
    connection.accept([codec.dumps(build.event(RUN, 0, producer=PRODUCER))])
    store.report_now = lambda: connection.lose(losses_of(read(HALF)))
    connection.sweep()
    assert store.run(RUN.trace_id).books.lost == 4
