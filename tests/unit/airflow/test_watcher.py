"""Runs are completed in the agent when they have settled, each as often as it takes; none is given up in silence."""

import pytest

from datatracing.capture import Notice
from datatracing.capture.guard import reraising
from datatracing.errors import DataTracingError, StoreUnreachableError
from datatracing_airflow.agenda import PAUSES
from datatracing_airflow.watcher import RECONCILE_SECONDS, AirflowWatcher

RUN, OTHER = ("dag", "one"), ("dag", "other")
SETTLE, SWEEP = 3.0, 2.0


class Desk:
    """Work that notes what it was asked for, and does as the test says."""

    def __init__(self, answers=()):
        self.asked, self.answers, self.given_up = [], list(answers), []
        self.swept = self.looked = 0
        self.found, self.takes = [], lambda: None
        self.closed = False

    def complete(self, run):
        self.asked.append(run)
        self.takes()
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        return answer

    def give_up(self, run, error):
        self.given_up.append((run, str(error)))

    def sweep(self):
        self.swept += 1

    def missed(self):
        self.looked += 1
        found, self.found = self.found, []
        return found

    def close(self):
        self.closed = True


class Hour:
    """A clock that the test sets."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def swallowing():
    """One run's failure is guarded, and these tests look at what comes of it."""
    with reraising(on=False):
        yield


@pytest.fixture
def hour():
    return Hour()


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def watcher(desk, hour):
    return AirflowWatcher(desk, SETTLE, SWEEP, hour)


def announce(watcher, run=RUN, *, settle=True):
    watcher.announce(Notice("airflow", "default", *run, settle=settle))


def live(watcher, hour, seconds):
    """As the agent does: call it again when it has asked for that."""
    end = hour.now + seconds
    while (pause := watcher.tick()) <= end - hour.now:
        hour.now += pause
    hour.now = end


def test_a_run_is_completed_once_after_its_settle_time(watcher, desk, hour):
    announce(watcher)
    live(watcher, hour, SETTLE - 0.1)
    assert not desk.asked
    live(watcher, hour, 10)
    assert (desk.asked, watcher.completed) == ([RUN], 1)


def test_a_run_whose_hooks_have_all_fired_is_completed_at_once(watcher, desk):
    announce(watcher, settle=False)
    watcher.tick()
    assert desk.asked == [RUN]


def test_a_hook_that_spoke_from_inside_a_transaction_costs_a_fraction_of_a_second(watcher, desk, hour):
    desk.answers = [False]
    announce(watcher, settle=False)
    live(watcher, hour, 0.5)
    assert desk.asked == [RUN, RUN]


def test_a_run_that_airflow_does_not_call_over_is_asked_for_again_and_then_let_go(watcher, desk, hour):
    desk.answers = [False] * 100
    announce(watcher)
    live(watcher, hour, SETTLE + sum(PAUSES) + 1)
    assert watcher.dropped == {"not finished": 1}
    assert len(desk.asked) == len(PAUSES) + 1
    assert desk.given_up == [], "its record is there, and may say so later"


def test_law6_a_run_that_cannot_be_read_however_often_is_given_up_and_that_is_noted(watcher, desk, hour):
    desk.answers = [ValueError("bad")] * 100
    announce(watcher)
    live(watcher, hour, SETTLE + sum(PAUSES) + 1)
    assert watcher.dropped == {"failed": 1}
    assert desk.given_up == [(RUN, "bad")]


def test_a_run_that_fails_does_not_hold_up_the_others(watcher, desk, hour):
    desk.answers = [ValueError("bad")]
    announce(watcher)
    announce(watcher, OTHER)
    live(watcher, hour, 10)
    assert desk.asked == [RUN, OTHER, RUN]


def test_while_the_store_is_away_nothing_is_given_up(watcher, desk, hour):
    desk.answers = [StoreUnreachableError("away")] * 20
    announce(watcher)
    announce(watcher, OTHER)
    hour.now += SETTLE
    for _ in range(20):
        with pytest.raises(StoreUnreachableError):
            watcher.tick()
        hour.now += 60
    watcher.tick()
    assert desk.asked[-2:] == [RUN, OTHER]
    assert not watcher.dropped


def test_at_the_beginning_and_then_now_and_again_it_looks_for_what_nobody_announced(watcher, desk, hour):
    desk.found = [RUN]
    live(watcher, hour, SETTLE + 1)
    assert desk.asked == [RUN]
    desk.found = [OTHER]
    live(watcher, hour, RECONCILE_SECONDS + SETTLE)
    assert (desk.asked, desk.looked) == ([RUN, OTHER], 2)


def test_a_run_that_is_found_while_it_waits_for_its_next_try_does_not_begin_anew(watcher, desk, hour):
    desk.answers = [False] * 100
    announce(watcher)
    for _ in range(20):
        live(watcher, hour, RECONCILE_SECONDS / 2)
        desk.found = [RUN]
    assert watcher.dropped["not finished"] >= 1


def test_it_sweeps_in_its_interval(watcher, desk, hour):
    live(watcher, hour, 10 * SWEEP + 0.1)
    assert desk.swept == 11


def test_a_drain_completes_what_has_not_settled_yet_and_sweeps(watcher, desk, hour):
    announce(watcher)
    watcher.drain(hour.now + 10)
    assert (desk.asked, desk.swept) == ([RUN], 1)


def test_a_drain_completes_what_nobody_could_announce(watcher, desk, hour):
    desk.found = [OTHER]
    announce(watcher)
    watcher.drain(hour.now + 10)
    assert desk.asked == [RUN, OTHER]


def test_a_drain_ends_in_time(watcher, desk, hour):
    desk.takes = lambda: setattr(hour, "now", hour.now + 4)
    for number in range(10):
        announce(watcher, ("dag", str(number)))
    watcher.drain(hour.now + 10)
    assert len(desk.asked) == 3


@pytest.mark.parametrize("error", [StoreUnreachableError("away"), DataTracingError("no"), ValueError("a bug of ours")])
def test_a_drain_that_fails_leaves_the_runs_to_whoever_looks_next(watcher, desk, hour, error):
    desk.answers = [error]
    announce(watcher)
    watcher.drain(hour.now + 10)
    assert desk.asked == [RUN]


def test_closing_gives_back_what_the_work_holds(watcher, desk):
    watcher.close()
    assert desk.closed
