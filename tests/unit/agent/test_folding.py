"""A run that has ended is folded at once, an open one now and then, a large open one seldom."""

import pytest

from datatracing.agent.folding import PACE, REMEMBERED, SHARE, Folding


class Runs:
    """Folds take the time that it says, and are written down."""

    def __init__(self):
        self.now, self.takes, self.folded = 100.0, 0.0, []
        self.folding = Folding(lambda: self.now)

    def fold(self, trace_id):
        self.now += self.takes
        self.folded.append(trace_id)

    def due(self, **spoken):
        """Which are folded, after something was delivered of these."""
        self.folded.clear()
        self.folding.add(spoken)
        self.folding.fold(self.fold)
        return [*self.folded]


@pytest.fixture
def runs():
    return Runs()


def test_what_is_new_is_seen_at_once(runs):
    assert runs.due(a=False, b=True) == ["a", "b"]
    assert runs.due() == []


def test_an_open_run_is_folded_once_in_a_while_and_then_with_all_that_came(runs):
    runs.due(a=False)
    assert [runs.due(a=False), runs.due(a=False)] == [[], []]
    runs.now += PACE
    assert runs.due() == ["a"]
    assert runs.due() == []


def test_a_run_that_has_ended_does_not_wait(runs):
    runs.due(a=False)
    assert runs.due(a=False) == []
    assert runs.due(a=True) == ["a"]


def test_what_is_due_at_an_end_stays_due_when_more_of_the_run_comes(runs):
    runs.due(a=False)
    runs.folding.add({"a": True})
    assert runs.due(a=False) == ["a"]


def test_a_run_that_takes_long_is_left_alone_so_many_times_as_long(runs):
    runs.takes = 3.0
    runs.due(a=False)
    runs.now += SHARE * 3.0 - 0.1
    assert runs.due(a=False) == []
    runs.now += 0.2
    assert runs.due() == ["a"]


def test_one_that_fails_stays_due_with_those_behind_it(runs):
    def broken(_):
        raise ConnectionError

    runs.folding.add({"a": False, "b": False})
    with pytest.raises(ConnectionError):
        runs.folding.fold(broken)
    assert runs.due() == ["a", "b"]


def test_at_the_end_nothing_waits(runs):
    runs.due(a=False, b=False)
    runs.folding.add({"a": False, "b": False})
    runs.folding.hurry()
    assert runs.due() == ["a", "b"]


def test_old_runs_are_forgotten(runs):
    for n in range(REMEMBERED + 5):
        runs.due(**{f"r{n}": False})
    assert runs.due(r0=False) == ["r0"], "as if it were new"
    last = f"r{REMEMBERED + 4}"
    assert runs.due(**{last: False}) == []
