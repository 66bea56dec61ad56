"""While the store does not answer, one process in a while finds out, and the others do not wait."""

import json

import pytest

from datatracing.capture.breaker import FILE, Breaker


class Clock:
    def __init__(self):
        self.time = 1_000_000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breakers(tmp_path, clock):
    """Breakers of several processes, over one directory and one clock."""
    return [Breaker(tmp_path, 60.0, clock) for _ in range(4)]


def test_everybody_may_try_while_nothing_is_wrong(breakers, tmp_path):
    assert [breaker.enter() for breaker in breakers] == [True] * 4
    assert list(tmp_path.iterdir()) == []


def test_after_a_failure_nobody_tries_for_a_while_and_then_exactly_one(breakers, clock):
    breakers[0].trip("refused")
    assert [breaker.enter() for breaker in breakers] == [False] * 4
    clock.time += 3
    assert sorted(breaker.enter() for breaker in breakers) == [False, False, False, True]
    assert all(breaker.remaining() for breaker in breakers)


def test_the_pause_grows_with_every_attempt_that_fails_up_to_the_longest(breakers, clock):
    pauses = []
    for _ in range(12):
        assert breakers[0].enter()
        breakers[0].trip("refused")
        pauses.append(breakers[0].remaining())
        clock.time += pauses[-1] + 0.001
    assert 1.5 <= pauses[0] <= 2.5
    assert 45 <= pauses[-1] <= 75
    assert pauses[:4] == sorted(pauses[:4])


def test_many_that_fail_at_the_same_moment_count_as_one_failure(breakers):
    for breaker in breakers:
        breaker.trip("refused")
    assert breakers[0].outage().failures == 1
    assert breakers[0].outage().reason == "refused"


def test_a_success_lets_everybody_in_at_once(breakers, clock, tmp_path):
    breakers[0].trip("refused")
    clock.time += 4
    assert breakers[1].enter()
    breakers[1].reset()
    assert [breaker.enter() for breaker in breakers] == [True] * 4
    assert list(tmp_path.iterdir()) == []


def test_one_that_dies_during_its_attempt_holds_up_the_others_for_one_pause_only(breakers, clock):
    breakers[0].trip("refused")
    clock.time += 3
    assert breakers[0].enter()
    clock.time += 4
    assert breakers[1].enter()


def test_a_clock_that_is_set_back_does_not_keep_it_open(breakers, clock):
    breakers[0].trip("refused")
    clock.time -= 3600
    assert breakers[0].enter()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"until": "x"}',
        '{"until": NaN, "failures": 1, "reason": ""}',
        '{"until": Infinity, "failures": 3, "reason": ""}',
        '{"until": 1e308, "failures": 99999, "reason": ""}',
        "\0" * 99,
    ],
)
def test_a_file_that_makes_no_sense_holds_nobody_up(breakers, tmp_path, content):
    (tmp_path / FILE).write_text(content)
    assert breakers[0].remaining() == 0
    assert breakers[0].enter()
    breakers[0].trip("refused")
    assert 0 < breakers[1].remaining() <= 75
    assert json.loads((tmp_path / FILE).read_text())["reason"] == "refused"


@pytest.mark.parametrize("place", ["file/spool", "missing"])
def test_without_a_directory_each_process_keeps_its_own_pause(tmp_path, clock, place):
    (tmp_path / "file").write_text("")
    alone, other = Breaker(tmp_path / place, 60.0, clock), Breaker(tmp_path / place, 60.0, clock)
    alone.trip("refused")
    assert not alone.enter()
    assert other.enter()
    clock.time += 3
    assert alone.enter()
    alone.trip("refused")
    assert alone.outage().failures == 2
    alone.reset()
    assert alone.enter()


def test_a_reason_of_any_length_is_kept_short(breakers):
    breakers[0].trip("x" * 100_000)
    assert len(breakers[1].outage().reason) <= 300
