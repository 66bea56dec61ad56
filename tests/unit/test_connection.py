"""A run that nobody has swept yet is found all the same."""

import pytest

from datatracing import connect
from datatracing.errors import NotFoundError
from datatracing.model import clock, codec
from datatracing.model.event import Event, EventKind
from datatracing.model.run import RunRef
from datatracing.model.states import State


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
