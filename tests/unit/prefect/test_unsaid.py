"""An error of which Prefect cannot make a state ends what it ended all the same."""

import asyncio
import sys
from types import SimpleNamespace
from uuid import UUID

import pytest
from prefect.states import Failed, Running

from datatracing_prefect import tap
from datatracing_prefect.compat import engines
from datatracing_prefect.compat.wrapping import MARK

RUN = UUID("12345678-1234-4234-8234-123456789abc")
MUTE = KeyError("not for Prefect")


def handle(_engine, _error):
    raise RuntimeError("no")


async def handle_later(engine, error):
    handle(engine, error)


def ended(wrapped):
    """What a caller of Prefect's gets, who handles the error of a task or a flow."""
    try:
        raise MUTE
    except KeyError as error:
        made = wrapped("engine", error)
        return asyncio.run(made) if asyncio.iscoroutine(made) else made


@pytest.mark.parametrize(("wrap", "original"), [(engines._ending, handle), (engines._ending_later, handle_later)])
def test_it_is_told_while_it_is_being_handled_and_prefect_goes_on_as_it_would(wrap, original):
    heard = []
    with pytest.raises(RuntimeError, match="no"):
        ended(wrap(original, "FAILED", lambda *said: heard.append((*said, sys.exc_info()[1]))))
    assert heard == [("engine", "FAILED", MUTE, MUTE)]


def test_an_error_that_prefect_can_put_into_words_is_left_to_it():
    assert ended(engines._ending(lambda _engine, _error: "state", "FAILED", pytest.fail)) == "state"


def test_all_engines_of_this_prefect_are_heard_once():
    engines.tap_engines(tap.unsaid)
    marked = [getattr(owner, method) for owner in engines._engines() for method in engines.ENDS]
    assert len(marked) == 8
    assert all(hasattr(each, MARK) for each in marked)
    engines.tap_engines(tap.unsaid)
    assert [getattr(owner, method) for owner in engines._engines() for method in engines.ENDS] == marked


@pytest.fixture
def moved(monkeypatch):
    """What a tracer is told of flow runs."""
    told = []
    tracing = SimpleNamespace(known=lambda run_id: run_id == str(RUN), flow_moved=lambda *said: told.append(said))
    monkeypatch.setattr(tap, "tracer", lambda: tracing)
    return told


def test_a_flow_has_failed_and_prefects_word_for_it_stays(moved):
    tap.unsaid(SimpleNamespace(state=Running(), flow_run=SimpleNamespace(id=RUN)), "FAILED", MUTE)
    [(run_id, moment)] = moved
    assert (run_id, moment.kind, moment.name) == (str(RUN), "FAILED", "Running")
    assert moment.message == "KeyError: 'not for Prefect'"


def test_what_has_ended_before_is_not_ended_again(moved):
    tap.unsaid(SimpleNamespace(state=Failed(), flow_run=SimpleNamespace(id=RUN)), "CRASHED", MUTE)
    assert moved == []
