"""Runs are completed in the background: nothing of it is felt by the one who announces them."""

import os
import threading
import time
import warnings
from contextlib import contextmanager

import pytest

from datatracing.capture.guard import reraising
from datatracing.errors import StoreUnreachableError
from datatracing_airflow import agenda, finalizer
from datatracing_airflow.finalizer import Finalizer

RUN = ("dag", "run")


class Desk:
    """Work that notes what it was asked for and when, and does as the test says."""

    def __init__(self, answers=()):
        self.asked, self.at = [], []
        self.delivered = self.swept = 0
        self.answers = list(answers)
        self.found = []

    def deliver(self):
        self.delivered += 1

    def complete(self, run):
        self.asked.append(run)
        self.at.append(time.monotonic())
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    def sweep(self):
        self.swept += 1

    def missed(self):
        found, self.found = self.found, []
        return found


@contextmanager
def finalizing(desk, settle=0.0, sweep=60.0):
    made = Finalizer(lambda: desk, settle, sweep)
    try:
        yield made
    finally:
        made.drain(5)


def until(reached, timeout=10.0):
    deadline = time.monotonic() + timeout
    while not reached():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(agenda, "PAUSES", (0.01, 0.02, 0.03))
    monkeypatch.setattr(finalizer, "IDLE", 0.05)


@pytest.fixture(autouse=True)
def swallowing():
    """The thread has a guard of its own, and these tests look at what is counted."""
    with reraising(on=False):
        yield


def test_a_run_is_completed_once_after_its_settle_time_and_after_a_delivery():
    desk = Desk()
    with finalizing(desk, settle=0.2) as made:
        began = time.monotonic()
        made.submit(RUN)
        until(lambda: desk.asked)
        assert desk.at[0] - began >= 0.2
        assert desk.delivered == 1
        time.sleep(0.1)
    assert desk.asked == [RUN]
    assert made.counters["completed"] == 1


def test_law_1_a_submit_waits_for_nothing_while_the_work_hangs():
    hanging = threading.Event()
    desk = Desk([hanging.wait])
    with finalizing(desk) as made:
        made.submit(RUN)
        until(lambda: desk.asked)
        began = time.monotonic()
        for number in range(1_000):
            made.submit(("dag", str(number)))
        taken = time.monotonic() - began
        hanging.set()
    assert taken < 0.5, "1,000 submits"


def test_law_1_a_full_queue_is_counted_and_raises_nothing(monkeypatch):
    monkeypatch.setattr(finalizer, "QUEUE_LIMIT", 3)
    hanging = threading.Event()
    desk = Desk([hanging.wait])
    with finalizing(desk) as made:
        made.submit(RUN)
        until(lambda: desk.asked)
        for number in range(10):
            made.submit(("dag", str(number)))
        assert made.counters["dropped.queue"] == 7
        hanging.set()


def test_a_run_that_airflow_does_not_call_over_is_asked_for_again_and_then_let_go():
    desk = Desk([False] * 10)
    with finalizing(desk) as made:
        made.submit(RUN)
        until(lambda: made.dropped)
    assert made.dropped == {"not finished": 1}
    assert len(desk.asked) == 4


def test_a_run_that_fails_does_not_hold_up_the_others():
    desk = Desk([ValueError("bad"), True])
    with finalizing(desk, settle=0.05) as made:
        made.submit(RUN)
        made.submit(("dag", "other"))
        until(lambda: made.counters["completed"] == 2)
    assert desk.asked == [RUN, ("dag", "other"), RUN]


def test_while_the_store_is_away_nothing_is_given_up():
    away = StoreUnreachableError("away")
    desk = Desk([away] * 3)
    with finalizing(desk) as made:
        for run in (RUN, ("dag", "other")):
            made.submit(run)
        until(lambda: made.counters["completed"] == 2, timeout=20)
        assert made.counters["interrupted"] == 3
    assert not made.dropped
    pauses = [later - earlier for earlier, later in zip(desk.at[:3], desk.at[1:4], strict=True)]
    assert pauses == sorted(pauses), "each pause is longer than the one before"


def test_what_cannot_be_opened_is_opened_again_later():
    desk, failures = Desk(), [StoreUnreachableError("away"), ValueError("a bug of ours")]

    def begin():
        if failures:
            raise failures.pop(0)
        return desk

    made = Finalizer(begin, 0.0, 60.0)
    made.submit(RUN)
    until(lambda: made.counters["completed"] == 1)
    assert made.drain(5)


def test_a_drain_completes_what_has_not_settled_yet():
    desk = Desk()
    with finalizing(desk, settle=3_600) as made:
        made.submit(RUN)
        assert made.drain(5)
    assert desk.asked == [RUN]


def test_a_drain_ends_in_time_when_the_work_hangs():
    hanging = threading.Event()
    desk = Desk([hanging.wait])
    made = Finalizer(lambda: desk, 0.0, 60.0)
    made.submit(RUN)
    until(lambda: desk.asked)
    began = time.monotonic()
    assert not made.drain(0.2)
    assert time.monotonic() - began < 2
    hanging.set()
    made.drain(5)


def test_a_drain_where_nothing_was_ever_submitted_opens_nothing():
    def begin():
        raise AssertionError("a task process has no use for a store")

    assert Finalizer(begin, 0.0, 60.0).drain(1)


def test_after_a_drain_a_run_is_completed_as_before():
    desk = Desk()
    with finalizing(desk) as made:
        assert made.drain(1)
        made.submit(RUN)
        until(lambda: desk.asked)


def test_only_who_watches_looks_for_what_nobody_announced():
    desk = Desk()
    desk.found = [RUN]
    with finalizing(desk, sweep=0.05) as made:
        made.submit(("dag", "announced"))
        until(lambda: desk.asked)
        assert not desk.swept
        made.watch()
        until(lambda: desk.swept >= 2 and RUN in desk.asked)
    assert desk.delivered >= 2, "also what dead tasks have left when no run ends"


def test_who_becomes_a_scheduler_only_later_watches_from_then_on():
    desk, kinds = Desk(), [False, False, True, False]
    with finalizing(desk, sweep=0.05) as made:
        made.watch(lambda: bool(kinds) and kinds.pop(0))
        until(lambda: desk.swept >= 3)


def test_a_forked_child_owes_nothing_and_can_begin_anew():
    desk = Desk()
    with finalizing(desk, settle=3_600) as made:
        made.submit(RUN)
        until(lambda: len(made._agenda))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads is what is under test
            child = os.fork()
        if not child:
            made.settle = 0.0
            made.submit(("dag", "of the child"))
            until(lambda: desk.asked)
            os._exit(0 if desk.asked == [("dag", "of the child")] else 1)
        assert os.waitpid(child, 0)[1] == 0
