"""A run that cannot be read is in the ledger, and `why` tells it."""

import pytest

from datatracing import connect
from datatracing.hosting.give_up import give_up
from datatracing.model.states import State
from tests.sample_runs import Story, times


@pytest.fixture
def connection():
    opened = connect("memory://")
    yield opened
    opened.close()


def test_law6_what_was_given_up_is_in_the_ledger_and_why_tells_it(connection):
    trace_id = Story().begun().task("copy", State.RUNNING, times(None, None, 1, None)).open(connection)
    give_up(connection, trace_id, KeyError("a column"))
    books = next(stage for stage in connection.why(trace_id)["stages"] if stage["stage"] == "books")
    assert books["status"] == "problem"
    [reason] = books["facts"]["reasons"]
    assert (reason["fate"], reason["count"]) == ("lost", 1)
    assert reason["reason"] == "the watcher could not read the run: KeyError"
