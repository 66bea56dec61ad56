"""What is to be completed and when; nothing grows without bound."""

import pytest

from datatracing_airflow.agenda import PAUSES, Agenda

ONE, OTHER, THIRD = ("dag", "one"), ("dag", "other"), ("dag", "third")


def test_a_run_is_due_at_its_time_and_stays_until_it_is_done():
    agenda = Agenda(10)
    agenda.add(ONE, 5)
    assert agenda.due(4.9) == []
    assert agenda.due(5) == agenda.due(6) == [ONE]
    agenda.done(ONE)
    assert agenda.due(6) == []


def test_the_longest_overdue_comes_first():
    agenda = Agenda(10)
    agenda.add(OTHER, 7)
    agenda.add(ONE, 5)
    assert agenda.due(8) == [ONE, OTHER]
    assert agenda.next() == 5


def test_a_run_that_ends_again_while_it_waits_waits_anew():
    agenda = Agenda(10)
    agenda.add(ONE, 5)
    agenda.add(ONE, 9)
    assert (len(agenda), agenda.due(5), agenda.due(9)) == (1, [], [ONE])


def test_every_try_comes_later_than_the_one_before_and_the_last_one_gives_up_with_a_reason():
    agenda, now = Agenda(10), 0.0
    agenda.add(ONE, now)
    waits = []
    while agenda.due(float("inf")):
        agenda.again(ONE, now, "failed")
        if agenda.next() is not None:
            waits.append(agenda.next() - now)
            now = agenda.next()
    assert waits == pytest.approx(PAUSES)
    assert list(PAUSES) == sorted(PAUSES)
    assert agenda.dropped == {"failed": 1}


def test_what_does_not_fit_is_counted_and_what_is_on_it_stays():
    agenda = Agenda(2)
    for run in (ONE, OTHER, THIRD, ONE):
        agenda.add(run, 1)
    assert sorted(agenda.due(1)) == [ONE, OTHER]
    assert agenda.dropped == {"full": 1}
