"""Law 1: whatever of ours is broken, a task does not hear of it. Law 7 holds then too."""

import re
from pathlib import Path

import pytest

from datatracing import connect
from datatracing.model.run import RunRef
from tests import agents
from tests.airflow_rig.reading import reading, settled, unsealed
from tests.integration.airflow.stage import play, stage

pytestmark = pytest.mark.xdist_group("airflow-sabotage")


SEALED = 60.0
"""Seconds that the agent has after the end of the program, also for runs of which it has heard nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sabotage")


@pytest.fixture(scope="module")
def store(folder):
    return f"sqlite:///{folder}/traces.db"


@pytest.fixture(scope="module")
def broken(folder, store, blank: Path):
    connect(store, migrate=True).close()
    home = stage(folder, blank, "direct.py", {"DATATRACING_STORE": store, "DATATRACING_SPOOL_DIR": f"{folder}/spool"})
    found = play(home, "sabotage", home.dags / "direct.py", folder)
    runs = [f"airflow:plain/{each['run_id']}" for each in found.values()]
    with reading(home) as traces:
        assert settled(lambda: unsealed(traces, runs), SEALED) == []
    agents.end(home.spool, folder / "undelivered")
    return found


@pytest.mark.parametrize("what", ["nothing", "redactor", "spool", "store", "everything"])
def test_law_1_the_tasks_succeed_while_something_of_ours_is_broken(broken, what):
    assert broken[what]["state"] == "success"
    assert broken[what]["tasks"] == {"one": "success", "two": "success"}


def test_law_1_and_6_what_is_lost_then_is_counted(broken):
    assert broken["nothing"]["counters"]["emitted"] == 5
    assert broken["redactor"]["counters"]["stripped.redaction_failed"] == 5
    lost = {name: n for name, n in broken["spool"]["counters"].items() if name.startswith("lost.")}
    assert sum(lost.values()) == 5
    assert broken["everything"]["counters"]["caught.airflow.running"] == 2
    assert broken["everything"]["counters"]["caught.airflow.success"] == 2
    assert broken["everything"]["counters"]["caught.airflow.run"] == 1


def test_what_a_dead_store_did_not_take_waits_in_the_spool(broken, folder):
    assert broken["store"]["counters"]["emitted"] == 5
    assert "accepted" not in broken["store"]["counters"]
    assert [file for file in (folder / "undelivered").iterdir() if file.stat().st_size > 1_000]


def test_law_4_a_run_whose_events_were_all_lost_is_there_from_airflows_record_and_says_so(broken, store):
    connection = connect(store)
    trace = connection.trace(RunRef("airflow", "default", "plain", broken["spool"]["run_id"]).trace_id)
    connection.close()
    assert {"one", "two"} <= set(trace["run"]["completeness"]["missing"])
    assert {span["task"]: span["source"] for span in trace["spans"][1:]} == {"one": "metadata", "two": "metadata"}


def test_law_7_with_a_broken_redactor_nothing_that_a_user_wrote_leaves_the_process(broken, store):
    connection = connect(store)
    trace = connection.trace(RunRef("airflow", "default", "plain", broken["redactor"]["run_id"]).trace_id)
    connection.close()
    told = {name for span in trace["spans"][1:] for name in span["attributes"]}
    assert "datatracing.stripped" in told
    assert "airflow.owner" not in told
    assert not re.search("Traceback", str(trace))
