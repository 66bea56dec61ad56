"""The thread of one watcher: it is called when something is due, hears every notice, and is ended in time."""

import threading
import time
from queue import Empty, SimpleQueue

import pytest

from datatracing.agent.watching import Watching
from datatracing.capture import Notice
from datatracing.capture.guard import caught, reraising
from datatracing.errors import BadInputError, StoreUnreachableError
from datatracing.settings import Settings

SOON, FOR_EVER = 0.01, 10_000.0


def over(run_id):
    return Notice("airflow", "default", "etl", run_id)


class Steps:
    """A watcher that does what the test says next, and writes down what it was called for."""

    def __init__(self):
        self.seen = SimpleQueue()
        self.pause = FOR_EVER
        self.fails = None
        self.opened = []

    def open(self, settings, connection):
        """As the entry point does."""
        self.opened.append((settings, connection, threading.current_thread().name))
        return self

    def announce(self, notice):
        self.seen.put(notice.run_id)

    def tick(self):
        self.seen.put("tick")
        if self.fails is not None:
            raise self.fails
        return self.pause

    def drain(self, deadline):
        self.seen.put(("drain", deadline))

    def close(self):
        self.seen.put("close")

    def next(self):
        return self.seen.get(timeout=30)

    def rest(self):
        found = []
        while True:
            try:
                found.append(self.seen.get_nowait())
            except Empty:
                return found


@pytest.fixture
def steps():
    return Steps()


@pytest.fixture
def watching(steps, sqlite_url):
    """Begins to watch, and ends it."""
    made = []

    def begin(opens=steps.open):
        made.append(Watching("airflow", opens, Settings(store=sqlite_url, retry_limit=0.05)))
        made[-1].start()
        return made[-1]

    yield begin
    for each in made:
        each.end(time.monotonic() + 5)
        each.wait()


def test_it_opens_the_store_and_calls_the_watcher_on_a_thread_of_its_own(watching, steps):
    watching()
    assert steps.next() == "tick"
    ((settings, connection, thread),) = steps.opened
    assert connection.check() is None
    assert (settings.retry_limit, thread) == (0.05, "datatracing-watch-airflow")


def test_it_is_called_again_when_its_pause_is_over(watching, steps):
    steps.pause = SOON
    watching()
    assert [steps.next() for _ in range(5)] == ["tick"] * 5


def test_a_notice_ends_the_pause_and_is_heard_before_the_next_call(watching, steps):
    current = watching()
    assert steps.next() == "tick"
    current.announce(over("r1"))
    assert [steps.next(), steps.next()] == ["r1", "tick"]


def test_what_is_announced_before_there_is_a_watcher_is_heard(watching, steps):
    may_open = threading.Event()

    def slowly(settings, connection):
        assert may_open.wait(30)
        return steps.open(settings, connection)

    current = watching(slowly)
    for name in ("r1", "r2"):
        current.announce(over(name))
    may_open.set()
    assert [steps.next() for _ in range(3)] == ["r1", "r2", "tick"]


def test_where_the_records_cannot_be_reached_it_ends_by_itself(watching):
    current = watching(lambda *_: None)
    current.wait()
    assert not current.reachable


def test_an_outage_is_told_and_over_when_the_watcher_gets_through(watching, steps, eventually):
    steps.pause, steps.fails = SOON, StoreUnreachableError("the records are away")
    current = watching()
    eventually(lambda: current.outage == "the records are away", 30)
    current.announce(over("r1"))
    steps.fails = None
    eventually(lambda: current.outage == "", 30)
    assert "r1" in [steps.next() for _ in range(steps.seen.qsize())]
    assert current.reachable


def test_an_error_of_the_watcher_is_counted_and_does_not_end_it(watching, steps, eventually):
    before = caught().get("agent.watch.airflow", 0)
    steps.pause, steps.fails = SOON, ZeroDivisionError()
    with reraising(on=False):
        current = watching()
        eventually(lambda: caught().get("agent.watch.airflow", 0) > before + 1, 30)
        assert current.outage == "an error of DataTracing itself"
        steps.fails = None
        eventually(lambda: current.outage == "", 30)


def test_a_watcher_that_cannot_be_opened_yet_is_tried_again(watching, steps):
    refusals = [BadInputError("not yet"), StoreUnreachableError("not yet")]

    def later(settings, connection):
        if refusals:
            raise refusals.pop()
        return steps.open(settings, connection)

    watching(later)
    assert steps.next() == "tick"
    assert refusals == []


def test_at_the_end_it_hears_what_is_left_completes_it_and_lets_go(watching, steps):
    current = watching()
    assert steps.next() == "tick"
    deadline = time.monotonic() + 30
    current.announce(over("r1"))
    current.end(deadline)
    current.wait()
    said = steps.rest()
    assert said[-2:] == [("drain", deadline), "close"]
    assert "r1" in said[:-2]


def test_the_end_does_not_wait_for_a_watcher_that_has_had_its_time(watching, steps):
    may_end = threading.Event()
    steps.tick = lambda: float(may_end.wait(60))
    current = watching()
    began = time.monotonic()
    current.end(began + 0.1)
    current.wait()
    assert time.monotonic() - began < 20
    may_end.set()
