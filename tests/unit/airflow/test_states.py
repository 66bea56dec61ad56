"""Airflow's words in ours. That every word of the installed Airflow is there is shown beside a real one."""

import pytest

from datatracing.model.states import State
from datatracing_airflow.states import RUN_STATES, TASK_STATES, raw, run_state, task_state


class Word:
    """As both of Airflow's libraries write their enums."""

    value = "up_for_reschedule"


def test_an_enum_is_read_by_its_value():
    assert (raw(Word()), task_state(Word())) == ("up_for_reschedule", State.DEFERRED)


def test_no_state_in_a_finished_run_means_that_it_was_called_off():
    assert task_state(None) is State.CANCELLED


def test_a_word_nobody_knows_is_lost():
    assert task_state("postponed") is run_state("postponed") is State.LOST


@pytest.mark.parametrize(("word", "state"), TASK_STATES.items())
def test_terminal_means_the_same_to_both(word, state):
    over = word in {"success", "failed", "skipped", "upstream_failed", "removed", "up_for_retry", None}
    assert state.terminal == over


def test_only_two_words_end_a_run():
    assert [word for word, state in RUN_STATES.items() if state.terminal] == ["success", "failed"]
