"""Which ended runs are read, and when."""

from datatracing.model.clock import SECOND
from datatracing_prefect.agenda import FLOW, FRESH, LONG_AGO, LOOK_AGAIN, PAUSES, SOON, Agenda

RUN = (FLOW, "a")
ENDED = 1_000 * SECOND


def test_a_run_is_due_when_it_has_settled():
    agenda = Agenda(settle=3)
    agenda.ended(RUN, ENDED)
    assert agenda.due(1_002.9) == []
    assert agenda.due(1_003.0) == [RUN]
    assert agenda.next() == 1_003.0


def test_to_hear_of_an_end_again_changes_nothing():
    agenda = Agenda(settle=3)
    agenda.ended(RUN, ENDED)
    agenda.read(RUN, 2_000, "digest", goes_on=False)
    agenda.ended(RUN, ENDED)
    assert agenda.due(3_000) == []
    assert len(agenda) == 0


def test_a_run_that_ended_once_more_is_read_once_more():
    agenda = Agenda(settle=3)
    agenda.ended(RUN, ENDED)
    agenda.read(RUN, 2_000, "digest", goes_on=False)
    agenda.ended(RUN, 2_500 * SECOND)
    assert agenda.due(2_503) == [RUN]


def test_a_run_is_done_when_two_looks_at_it_have_seen_the_same():
    agenda = Agenda(settle=0)
    agenda.ended(RUN, ENDED)
    for now, digest in ((1_001.0, "some"), (1_011.0, "more"), (1_021.0, "all")):
        agenda.read(RUN, now, digest, goes_on=False)
        assert agenda.due(now + FRESH - 0.1) == []
        assert agenda.due(now + FRESH) == [RUN]
        assert agenda[RUN].digest == digest
    agenda.read(RUN, 1_031, "all", goes_on=False)
    assert agenda.due(9_999) == []


def test_one_look_is_enough_at_what_ended_long_ago():
    agenda = Agenda(settle=0)
    agenda.ended(RUN, ENDED)
    agenda.read(RUN, 1_000 + LONG_AGO, "all", goes_on=False)
    assert agenda.due(9_999) == []


def test_a_run_moves_for_some_time_after_the_last_that_happened_in_it():
    agenda = Agenda(settle=0)
    agenda.ended(RUN, ENDED)
    entry = agenda[RUN]
    assert entry.moving((3, 1), 1_001, patience=30, quiet=5)
    assert entry.moving((3, 1), 1_030, patience=30, quiet=5)
    assert not entry.moving((3, 1), 1_031, patience=30, quiet=5)
    assert entry.moving((4, 1), 1_032, patience=30, quiet=5)
    assert not entry.moving((5, 1), 1_033, patience=0, quiet=0)


def test_a_run_that_was_seen_moving_has_to_be_quiet_and_any_other_one_has_not():
    agenda = Agenda(settle=0)
    agenda.ended(RUN, ENDED)
    agenda.ended((FLOW, "small"), ENDED)
    assert not agenda[FLOW, "small"].moving((3, 0), 1_001, patience=0, quiet=5)
    entry = agenda[RUN]
    assert entry.moving((300, 2), 1_001, patience=30, quiet=5)
    assert entry.moving((400, 0), 1_002, patience=0, quiet=5)
    assert entry.moving((400, 0), 1_006, patience=0, quiet=5)
    assert not entry.moving((400, 0), 1_007, patience=0, quiet=5)


def test_a_run_in_which_a_task_goes_on_is_looked_at_again_more_and_more_seldom():
    agenda = Agenda(settle=0)
    agenda.ended(RUN, ENDED)
    for now, pause in ((1_000.0, LOOK_AGAIN), (1_300.0, LOOK_AGAIN + 30), (37_000.0, LOOK_AGAIN + 3_600)):
        agenda.read(RUN, now, "digest", goes_on=True)
        assert agenda.next() == now + pause
    assert list(agenda.waiting()) == [ENDED]


def test_a_run_that_stirs_after_it_was_read_is_read_soon():
    agenda = Agenda(settle=3)
    agenda.ended(RUN, ENDED)
    agenda.read(RUN, 2_000, "digest", goes_on=False)
    assert agenda.stirred(RUN, 2_100)
    assert agenda.due(2_100 + SOON) == [RUN]


def test_what_stirs_before_the_end_does_not_hasten_it():
    agenda = Agenda(settle=3)
    assert not agenda.stirred(RUN, 990)
    assert agenda.due(9_999) == []
    agenda.ended(RUN, ENDED)
    agenda.stirred(RUN, 1_000)
    assert agenda.due(1_002.9) == []


def test_a_run_that_cannot_be_read_is_tried_later_each_time_and_given_up():
    agenda = Agenda(settle=0)
    agenda.ended(RUN, ENDED)
    for pause in PAUSES:
        assert agenda.failed(RUN, 1_000)
        assert agenda.next() == 1_000 + pause
    assert not agenda.failed(RUN, 1_000)
    assert agenda.due(9_999) == []


def test_the_longest_overdue_come_first():
    agenda = Agenda(settle=0)
    for name, at in (("late", 30), ("early", 10), ("middle", 20)):
        agenda.ended((FLOW, name), at * SECOND)
    assert [name for _, name in agenda.due(100)] == ["early", "middle", "late"]


def test_only_what_is_done_is_forgotten():
    agenda = Agenda(settle=0)
    agenda.ended(RUN, ENDED)
    agenda.ended((FLOW, "waits"), ENDED)
    agenda.read(RUN, 2_000, "digest", goes_on=False)
    agenda.forget(ENDED + 1)
    assert agenda.due(9_999) == [(FLOW, "waits")]
    agenda.ended(RUN, ENDED)
    assert len(agenda) == 2
