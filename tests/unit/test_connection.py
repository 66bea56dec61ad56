"""A run that nobody has swept yet is found all the same."""

from dataclasses import replace

import pytest

from datatracing import connect
from datatracing.errors import NotFoundError
from datatracing.model import clock, codec
from datatracing.model.event import Event, EventKind
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing.store.search import RunFilter
from datatracing.testing.reader import reader
from tests.sample_runs import NIGHT, Story


def test_a_run_that_was_delivered_is_found_by_its_name_though_nothing_sweeps(store_url):
    run = RunRef("prefect", "elsewhere", "shop", "12345678-1234-4234-8234-123456789abc")
    connection = connect(store_url)
    with pytest.raises(NotFoundError):
        connection.find(run.name)
    connection.accept(
        [codec.dumps(Event(EventKind.STARTED, run, producer="p", seq=0, at=clock.now(), state=State.RUNNING))]
    )
    assert connection.find(run.name) == run.trace_id
    assert connection.trace(run.trace_id)["run"]["state"] == "running"
    connection.close()


def test_a_run_that_was_delivered_is_found_by_its_trace_id_though_nothing_sweeps(store_url):
    run = RunRef("airflow", "elsewhere", "etl", "r1")
    connection = connect(store_url)
    connection.accept(
        [codec.dumps(Event(EventKind.STARTED, run, producer="p", seq=0, at=clock.now(), state=State.RUNNING))]
    )
    assert connection.find(run.trace_id) == run.trace_id
    connection.close()


def test_law_8_a_page_is_whole_whatever_else_there_is_that_may_not_be_seen():
    connection = connect("memory://")
    for pipeline in ("mine", "hidden", "mine too", "hidden too"):
        Story(replace(NIGHT, pipeline=pipeline)).begun().sealed(connection, State.SUCCESS, 3)
    mine = RunFilter(visibility=reader("mine", "mine too"))
    first = connection.runs(mine, 1)
    second = connection.runs(mine, 1, first.cursor)
    assert [len(page.runs) for page in (first, second)] == [1, 1]
    assert {run.run.pipeline for page in (first, second) for run in page.runs} == {"mine", "mine too"}
    assert second.cursor is None
    connection.close()
