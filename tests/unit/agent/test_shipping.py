"""What is in a spool directory comes into the store: once, in order of its numbers, and what is missing is counted."""

import os

import pytest

from datatracing.agent.shipping import Shipping
from datatracing.agent.sinks import open_sink
from datatracing.agent.sinks.port import Receipt
from datatracing.capture import CaptureSettings, Notice, Recorder, page
from datatracing.capture.progress import read_progress
from datatracing.capture.reading import spool_files
from datatracing.capture.reserve import Reserve
from datatracing.capture.spool import Spool
from datatracing.errors import BadInputError, StoreUnreachableError
from datatracing.model.event import EventKind, Statement
from datatracing.model.loss import Loss
from datatracing.model.manifest import Manifest
from datatracing.model.states import State
from datatracing.settings import Settings
from tests.capturing import PRODUCER, RUN, frame
from tests.spooling import ROOM, behind_the_page


class Away:
    """A sink in front of a true one: it can be away, lose its answer, or refuse."""

    def __init__(self, sink):
        self.sink = sink
        self.away = self.mute = False
        self.refused = set()
        self.sent = []

    def send(self, rows):
        if self.away:
            raise StoreUnreachableError("away")
        if any(row.seq in self.refused for row in rows):
            raise BadInputError("never")
        self.sent += [(row.producer, row.seq, row.n) for row in rows]
        receipt = self.sink.send(rows)
        if self.mute:
            raise StoreUnreachableError("no answer")
        return receipt

    def __getattr__(self, name):
        return getattr(self.sink, name)


@pytest.fixture
def settings(inbox, spool_dir):
    return CaptureSettings(inbox.url, spool_dir=spool_dir)


@pytest.fixture
def sink(settings):
    return Away(open_sink(Settings(store=settings.store, spool_dir=settings.spool_dir)))


@pytest.fixture
def shipping(settings, sink):
    """Agents over that sink, one after the other."""
    made, heard = [], []

    def make():
        made.append(Shipping(settings, sink, heard.append))
        made[-1].heard = heard
        return made[-1]

    yield make
    for each in made:
        each.close()


def spooled(spool_dir, *frames):
    spool = Spool(spool_dir, ROOM)
    for each in frames:
        spool.put(each)
    return spool


def told(seq, **other):
    """A frame that the store can read."""
    return frame(seq, b'{"kind":"noted"}', **other)


def seqs(inbox):
    found = inbox._read("SELECT seq, n FROM inbox WHERE content = 0 ORDER BY seq, n")
    return [number for seq, n in found for number in range(seq, seq + n)]


def test_the_living_are_delivered_while_they_live_and_the_dead_are_gone(shipping, spool_dir, inbox):
    living, dead = spooled(spool_dir, told(0)), spooled(spool_dir, told(5))
    dead.close()
    agent = shipping()
    assert set(agent.turn()) == {RUN.trace_id}
    assert seqs(inbox) == [0, 5]
    assert len(spool_files(spool_dir)) == 1
    living.put(told(1))
    agent.turn()
    living.put(told(2))  # within the same tick of the file system's clock
    agent.turn()
    assert seqs(inbox) == [0, 1, 2, 5]
    assert agent.busy
    living.close()
    agent.turn()
    assert (spool_files(spool_dir), agent.busy, read_progress(spool_dir)) == ([], False, {})
    assert agent.receipt == Receipt(4)


def test_what_a_living_process_said_during_an_outage_is_sent_when_the_store_is_back(shipping, spool_dir, sink, inbox):
    living = spooled(spool_dir, told(0))
    agent = shipping()
    sink.away = True
    for _ in range(4):
        with pytest.raises(StoreUnreachableError):
            agent.turn()
    sink.away = False
    agent.turn()
    assert seqs(inbox) == [0]
    living.close()


def test_law_6_a_lost_answer_and_a_new_agent_make_the_same_rows_again(shipping, spool_dir, sink, inbox):
    living = spooled(spool_dir, told(0), told(1))
    sink.mute = True
    with pytest.raises(StoreUnreachableError):
        shipping().turn()
    living.put(told(2))
    sink.mute = False
    again = shipping()
    again.turn()
    living.put(told(3))
    again.turn()
    assert sink.sent == [(PRODUCER, 0, 2), (PRODUCER, 0, 2), (PRODUCER, 2, 1), (PRODUCER, 3, 1)]
    assert seqs(inbox) == [0, 1, 2, 3]
    living.close()


def test_law_6_the_same_agent_sends_the_same_rows_again_too(shipping, spool_dir, sink, inbox):
    living = spooled(spool_dir, told(0))
    agent = shipping()
    sink.mute = True
    with pytest.raises(StoreUnreachableError):
        agent.turn()
    living.put(told(1))
    sink.mute = False
    agent.turn()
    assert sink.sent == [(PRODUCER, 0, 1), (PRODUCER, 0, 1), (PRODUCER, 1, 1)]
    living.close()


def test_a_row_that_the_store_refuses_is_put_aside_and_counted_and_holds_up_no_other(shipping, spool_dir, sink, inbox):
    spooled(spool_dir, *(told(seq, trace_id=f"{seq + 1:032x}") for seq in range(7))).close()
    sink.refused = {3}
    agent = shipping()
    agent.turn()
    assert seqs(inbox) == [0, 1, 2, 4, 5, 6]
    assert agent.lost == 1
    assert [(count, trace, producer) for _, count, trace, producer in inbox.losses()] == [(1, f"{4:032x}", PRODUCER)]
    assert len(spool_files(spool_dir / "quarantine")) == 1
    assert spool_files(spool_dir) == []


def test_law_6_losses_are_told_while_the_process_lives_and_once_for_all_at_its_end(shipping, spool_dir, inbox):
    spool = spooled(spool_dir, told(0))
    agent = shipping()
    spool.lose(Loss.TOO_BIG, told(1))
    agent.turn()
    agent.turn()
    spool.lose(Loss.TOO_BIG, told(2))
    spool.close()
    agent.turn()
    assert inbox.losses()[-1] == ("event_too_big", 2, RUN.trace_id, PRODUCER)


def test_law_6_a_torn_tail_is_charged_to_its_run_and_the_file_put_aside(shipping, spool_dir, inbox):
    spooled(spool_dir, told(0), told(1)).close()
    (path,) = spool_files(spool_dir)
    os.truncate(path, path.stat().st_size - 3)
    shipping().turn()
    assert seqs(inbox) == [0]
    assert inbox.losses() == [("spool_torn", 1, RUN.trace_id, PRODUCER)]
    assert [each.name for each in spool_files(spool_dir / "quarantine")] == [path.name]


def test_law_6_losses_of_processes_that_had_no_file_are_told_and_taken_out(shipping, spool_dir, inbox):
    spool_dir.mkdir()
    agent = shipping()
    assert Reserve(spool_dir).lose(Loss.DISK_FULL, told(0))
    agent.turn()
    assert inbox.losses() == [("disk_full", 1, RUN.trace_id, PRODUCER)]
    assert Reserve(spool_dir).counts() == []


def test_a_file_that_somebody_deletes_is_delivered_as_far_as_it_is_known(shipping, spool_dir, sink, inbox):
    spool = spooled(spool_dir, told(0))
    agent = shipping()
    sink.away = True
    with pytest.raises(StoreUnreachableError):
        agent.turn()
    spool_files(spool_dir)[0].unlink()
    sink.away = False
    agent.turn()
    assert seqs(inbox) == [0]
    assert not agent.busy
    spool.close()


def test_law_6_a_file_that_cannot_be_read_is_left_as_it_is(shipping, spool_dir, inbox, monkeypatch, caplog):
    spooled(spool_dir, told(0)).close()
    read = os.pread

    def broken(descriptor, size, at):
        if at >= page.SIZE:
            raise OSError(5, "Input/output error")
        return read(descriptor, size, at)

    monkeypatch.setattr(os, "pread", broken)
    agent = shipping()
    agent.turn()
    agent.turn()
    assert len(spool_files(spool_dir)) == 1
    assert caplog.text.count("leaves") == 1
    agent.close()
    monkeypatch.setattr(os, "pread", read)
    shipping().turn()
    assert seqs(inbox) == [0]


def test_a_thread_that_is_slow_to_write_holds_up_what_is_behind_it_for_a_second_only(
    shipping, spool_dir, inbox, monkeypatch, stuck
):
    monkeypatch.setattr("datatracing.agent.tail.STUCK", 0.0)
    spool = spooled(spool_dir, told(0))
    agent = shipping()
    with stuck("pwrite", spool.put, told(1), where=behind_the_page):
        spool.put(told(2))
        for _ in range(3):
            agent.turn()
        assert seqs(inbox) == [0, 2]
    spool.close()
    agent.turn()
    assert seqs(inbox) == [0, 1, 2]
    assert inbox.losses() == []


def test_notices_are_told_when_all_that_came_with_them_is_in_the_store(settings, sink, spool_dir, inbox):
    order = []
    agent = Shipping(settings, sink, lambda notice: order.append((notice.run_id, seqs(inbox))))
    recorder = Recorder(CaptureSettings("", spool_dir=spool_dir))
    recorder.say(Statement(EventKind.NOTED, RUN))
    recorder.notice(Notice("airflow", "default", "etl", "r1"))
    recorder.say(Statement(EventKind.NOTED, RUN))
    recorder.close()
    agent.turn()
    agent.close()
    assert order == [("r1", [0, 1])]


def test_a_manifest_of_a_run_ends_it(shipping, spool_dir, inbox):
    recorder = Recorder(CaptureSettings("", spool_dir=spool_dir))
    recorder.complete(Manifest(RUN, State.SUCCESS, "success", 7))
    recorder.close()
    assert shipping().turn() == {RUN.trace_id: True}
    assert inbox.manifests() == 1


def test_more_files_than_may_be_open_are_delivered(shipping, spool_dir, inbox):
    for n in range(450):
        spooled(spool_dir, told(0, producer=f"{n:016x}")).close()
    agent = shipping()
    agent.turn()
    assert len(seqs(inbox)) == 450
    assert agent.files == 450


def test_what_is_written_down_about_files_that_are_gone_is_forgotten(shipping, spool_dir):
    spool = spooled(spool_dir, told(0))
    shipping().turn()
    assert len(read_progress(spool_dir)) == 1
    spool_files(spool_dir)[0].unlink()
    other = spooled(spool_dir, told(0, producer="ab" * 8))
    shipping().turn()
    assert [*read_progress(spool_dir)] == [path.name for path in spool_files(spool_dir)]
    spool.close()
    other.close()


@pytest.mark.parametrize(
    "said", ["", "{", "[]", '{"x": 1}', '{"x": [1, 2]}', '{"NAME": [-5, 0, []]}', '{"NAME": [99999999, 0, []]}']
)
def test_law_6_a_place_that_cannot_be_true_is_not_believed(shipping, spool_dir, inbox, said):
    spooled(spool_dir, told(0)).close()
    (path,) = spool_files(spool_dir)
    (spool_dir / "agent.progress").write_text(said.replace("NAME", path.name))
    shipping().turn()
    assert seqs(inbox) == [0]
