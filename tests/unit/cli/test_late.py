"""A reading command answers in time with what there is, and says when there is more."""

import sqlite3
from contextlib import closing

from datatracing.capture import CaptureSettings, Recorder
from datatracing.cli import connecting
from datatracing.model.event import EventKind, Statement
from tests.capturing import RUN, the_rest


def said(spool_dir):
    recorder = Recorder(CaptureSettings("", spool_dir=spool_dir))
    recorder.say(Statement(EventKind.NOTED, RUN))
    recorder.close()


def test_what_cannot_be_sent_within_the_bound_is_named_and_does_not_hold_up_the_answer(
    home, store, datatracing, sqlite_url, monkeypatch
):
    monkeypatch.setattr(connecting, "BOUND", 0.2)
    said(home / "spool")
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = datatracing("runs")
    assert (answer.code, answer.err) == (0, connecting.LATE)
    the_rest()


def test_what_is_sent_in_time_is_in_the_answer_and_no_word_is_lost_about_it(home, store, datatracing, monkeypatch):
    monkeypatch.setattr(connecting, "BOUND", 60.0)
    said(home / "spool")
    answer = datatracing("runs", "--json")
    assert (answer.code, answer.err) == (0, "")
    assert RUN.run_id in answer.out
