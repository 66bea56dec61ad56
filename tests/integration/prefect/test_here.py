"""What a task says of itself while it runs is where its trace has it."""

import json
import shutil

import pytest

from datatracing.context.traceparent import parse_traceparent
from tests.prefect_rig.theatre import ship

pytestmark = [pytest.mark.xdist_group("prefect-apart"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stood(prefect_server, tmp_path_factory, sqlite_template):
    """What each said, and spans by the ids that they have in the store."""
    folder = tmp_path_factory.mktemp("standing")
    store = shutil.copy(sqlite_template, folder / "traces.db")
    home = prefect_server.beside(DATATRACING_STORE=f"sqlite:///{store}", DATATRACING_SPOOL_DIR=f"{folder}/spool")
    ended = home.call("tests.prefect_rig.standing", check=False)
    assert ended.returncode == 0, ended.stderr[-3_000:]
    ship(home)
    runs = json.loads(home.datatracing("runs", "--json"))["runs"]
    traces = [json.loads(home.datatracing("trace", run["trace_id"], "--json")) for run in runs]
    spans = {(trace["run"]["trace_id"], span["span_id"]): span for trace in traces for span in trace["spans"]}
    return dict(line.split() for line in ended.stdout.splitlines() if len(line.split()) == 2), spans


def span(stood, name):
    said, spans = stood
    parent = parse_traceparent(said[name])
    return spans[parent.trace_id, parent.span_id]


@pytest.mark.parametrize("name", ["lucky#1", "lucky#2", "named#1"])
def test_the_traceparent_of_a_task_is_that_of_the_attempt_that_is_running(stood, name):
    found = span(stood, name)
    assert f"{found['task']}#{found['attempt']}" == name


@pytest.mark.parametrize("name", ["outer", "inner", "pooled"])
def test_outside_of_its_tasks_it_is_that_of_the_flow_run(stood, name):
    assert span(stood, name)["level"] == "run"


def test_outside_of_everything_there_is_none(stood):
    assert stood[0]["outside"] == "None"


def test_a_record_stays_with_the_attempt_that_touched_it_in_whatever_process_that_was(stood):
    assert [span(stood, name)["records"] for name in ("lucky#1", "lucky#2", "named#1", "outer", "inner")] == [
        ["order-1"],
        ["order-2"],
        ["in a pool"],
        ["of the flow"],
        [],
    ]
