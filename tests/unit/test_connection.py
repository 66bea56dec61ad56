"""A host that forks loads everything first; a run that nobody has swept yet is found all the same."""

import subprocess
import sys

import pytest

from datatracing import connect
from datatracing.errors import NotFoundError
from datatracing.model import clock, codec
from datatracing.model.event import Event, EventKind
from datatracing.model.run import RunRef
from datatracing.model.states import State

LOADED = """
import sys
from datatracing.connection import connect, load
load({url!r})
before = set(sys.modules)
connection = connect({url!r}, migrate={migrate})
heavy = {{"datatracing", "sqlalchemy", "alembic", "psycopg", "pydantic"}}
print(sorted(name for name in set(sys.modules) - before if name.split(".")[0] in heavy))
"""


@pytest.mark.parametrize(
    ("url", "migrate"),
    [
        ("sqlite:///{folder}/traces.db", True),
        ("postgresql+psycopg://nobody@127.0.0.1:1/traces", False),
        ("http://127.0.0.1:1/datatracing", False),
    ],
)
def test_law_1_after_load_a_connection_imports_nothing_more(url, migrate, tmp_path):
    code = LOADED.format(url=url.format(folder=tmp_path), migrate=migrate)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_that_was_delivered_is_found_by_its_name_though_nothing_sweeps(store_url):
    run = RunRef("prefect", "elsewhere", "shop", "12345678-1234-4234-8234-123456789abc")
    connection = connect(store_url)
    with pytest.raises(NotFoundError):
        connection.find(run.name)
    connection.accept([codec.dumps(Event(EventKind.STARTED, run, "p", 0, clock.now(), state=State.RUNNING))])
    assert connection.find(run.name) == run.trace_id
    assert connection.trace(run.trace_id)["run"]["state"] == "running"
    connection.close()


def test_a_run_that_was_delivered_is_found_by_its_trace_id_though_nothing_sweeps(store_url):
    run = RunRef("airflow", "elsewhere", "etl", "r1")
    connection = connect(store_url)
    connection.accept([codec.dumps(Event(EventKind.STARTED, run, "p", 0, clock.now(), state=State.RUNNING))])
    assert connection.find(run.trace_id) == run.trace_id
    connection.close()
