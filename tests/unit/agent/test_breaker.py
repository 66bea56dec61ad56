"""After each failure in a row the pause gets longer, up to a bound; a success ends all of it."""

import pytest

from datatracing.agent.breaker import Breaker


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_new_breaker_lets_everybody_try(clock):
    breaker = Breaker(60.0, clock)
    assert (breaker.remaining(), breaker.reason) == (0.0, "")


def test_the_pause_doubles_up_to_the_longest_give_or_take_a_quarter(clock):
    breaker = Breaker(60.0, clock)
    for expected in (1, 2, 4, 8, 16, 32, 60, 60):
        breaker.trip("away")
        assert 0.75 * expected <= breaker.remaining() <= 1.25 * expected


def test_a_thousand_failures_are_as_one_at_the_bound(clock):
    breaker = Breaker(60.0, clock)
    for _ in range(2_000):
        breaker.trip("away")
    assert 45 <= breaker.remaining() <= 75


def test_hosts_that_failed_together_do_not_try_again_together(clock):
    breakers = [Breaker(60.0, clock) for _ in range(20)]
    for each in breakers:
        each.trip("away")
    assert len({each.remaining() for each in breakers}) > 10


def test_the_pause_runs_down_and_the_reason_stays_until_somebody_gets_through(clock):
    breaker = Breaker(60.0, clock)
    breaker.trip("away")
    clock.now += 1.25
    assert (breaker.remaining(), breaker.reason) == (0.0, "away")
    breaker.reset()
    assert breaker.reason == ""
    breaker.trip("away")
    assert breaker.remaining() <= 1.25, "it begins anew"


@pytest.mark.parametrize(("said", "kept"), [("", "unknown"), ("x" * 1_000, "x" * 300)])
def test_there_is_always_a_reason_and_never_a_long_one(clock, said, kept):
    breaker = Breaker(60.0, clock)
    breaker.trip(said)
    assert breaker.reason == kept
