"""Shipping for somebody who asks now: all that waits, nothing that is lost on the way, and within a bound."""

import threading
import time

import pytest

from datatracing.agent import catch_up, notices
from datatracing.capture import CaptureSettings, Notice, Recorder
from datatracing.capture.inventory import waits
from datatracing.capture.reserve import Reserve
from datatracing.model.event import EventKind, Statement
from datatracing.model.loss import Loss
from tests.capturing import PRODUCER, RUN, frame, the_rest

OVER = Notice("airflow", "default", "etl", "r1", settle=False)


@pytest.fixture
def say(spool_dir):
    """What a process says that starts no agent."""

    def emit(count=1, notice=None):
        recorder = Recorder(CaptureSettings("", spool_dir=spool_dir))
        for _ in range(count):
            recorder.say(Statement(EventKind.NOTED, RUN))
        if notice is not None:
            recorder.notice(notice)
        recorder.close()

    return emit


@pytest.fixture
def settings(inbox, spool_dir):
    return CaptureSettings(inbox.url, spool_dir=spool_dir)


def test_a_store_that_hangs_is_given_up_within_the_bound_and_what_waits_is_told(say, black_hole, spool_dir):
    say(2)
    began = time.monotonic()
    report = catch_up(CaptureSettings(f"http://{black_hole}", spool_dir=spool_dir, send_timeout=4.0), bound=0.3)
    assert time.monotonic() - began < 3.5
    assert (report.waits, report.delivered, report.error) == (True, 0, None)
    assert catch_up(CaptureSettings(f"http://{black_hole}", spool_dir=spool_dir), patience=0.1).agent, "it goes on"
    the_rest()
    assert waits(spool_dir)


def test_what_is_not_done_within_the_bound_is_done_behind_it(say, settings, inbox):
    say(3)
    assert catch_up(settings, bound=0.0).waits
    the_rest()
    assert len(inbox.events()) == 3


def test_an_error_of_our_own_is_the_callers_to_hear_of(say, settings, monkeypatch):
    say()
    monkeypatch.setattr("datatracing.agent.shipping.Shipping.publish", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        catch_up(settings, bound=60.0)


def test_a_notice_is_kept_for_the_watcher_of_another_process(say, settings, spool_dir):
    say(1, OVER)
    assert not catch_up(settings, bound=None).waits
    assert notices.take(spool_dir, "airflow") == [OVER]


def test_law_6_losses_are_told_also_when_nothing_else_waits(settings, inbox, spool_dir):
    spool_dir.mkdir()
    reserve = Reserve(spool_dir)
    reserve.make()
    reserve.lose(Loss.DISK_FULL, frame(4))
    assert waits(spool_dir)
    assert not catch_up(settings, bound=None).waits
    assert inbox.losses() == [("disk_full", 1, RUN.trace_id, PRODUCER)]
    assert not waits(spool_dir)


def test_what_is_said_after_the_question_is_not_waited_for(settings, spool_dir):
    recorder = Recorder(CaptureSettings("", spool_dir=spool_dir))
    recorder.say(Statement(EventKind.NOTED, RUN))
    over = threading.Event()
    chatter = threading.Thread(target=_chatter, args=(recorder, over))
    chatter.start()
    try:
        assert not catch_up(settings, bound=None).waits
    finally:
        over.set()
        chatter.join()
        recorder.close()


def _chatter(recorder, over):
    while not over.wait(0.002):
        recorder.say(Statement(EventKind.NOTED, RUN))
