"""Every flow traced without editing any, by Prefect's own plugins."""

import json
import shutil
from collections import Counter

import pytest

from datatracing_prefect.plugin import asked_for
from tests.prefect_rig.theatre import ship

pytestmark = [pytest.mark.xdist_group("prefect-apart"), pytest.mark.timeout(600)]
MODULE = "tests.prefect_rig.unedited"


def played(home, **settings):
    ended = home.beside(**settings).call(MODULE, check=False)
    assert ended.returncode == 0, ended.stderr[-3_000:]
    return dict(words for line in ended.stdout.splitlines() if len(words := line.split()) == 2)


def trace(home, run):
    return json.loads(home.datatracing("trace", f"prefect:{run}", "--json"))


def states(document):
    return Counter((span["task"], span["attempt"], span["state"]) for span in document["spans"][1:])


@pytest.fixture(scope="module")
def enabled(prefect_server, tmp_path_factory, sqlite_template):
    """A home in which all have run with plugins, and the ids of their runs."""
    folder = tmp_path_factory.mktemp("plugin")
    store = shutil.copy(sqlite_template, folder / "traces.db")
    home = prefect_server.beside(DATATRACING_STORE=f"sqlite:///{store}", DATATRACING_SPOOL_DIR=f"{folder}/spool")
    runs = played(home, PREFECT_PLUGINS_ENABLED="true")
    ship(home)
    return home, runs


def test_every_flow_is_traced_once_plugins_are_enabled(enabled):
    home, runs = enabled
    assert states(trace(home, f"plain/{runs['plain']}")) == {("work", 1, "success"): 1}
    assert states(trace(home, f"waiting/{runs['waiting']}")) == {}
    assert states(trace(home, f"pooled/{runs['pooled']}")) == {("work", 1, "success"): 2}, "a pool has plugins too"


def test_a_task_outside_of_any_flow_is_a_run_of_its_own_with_what_it_calls(enabled):
    home, runs = enabled
    document = trace(home, f"outer/{runs['outside']}")
    assert states(document) == {("outer", 1, "success"): 1, ("work", 1, "success"): 1}
    by_task = {span["task"]: span for span in document["spans"]}
    assert by_task["work"]["depends_on"] == [by_task["outer"]["span_id"]]
    assert (document["run"]["state"], document["run"]["completeness"]["status"]) == ("success", "complete")
    document = trace(home, f"unlucky/{runs['retried']}")
    assert states(document) == {("unlucky", 1, "retried"): 1, ("unlucky", 2, "success"): 1}


def test_without_plugins_nothing_is_traced(home):
    played(home, PREFECT_PLUGINS_ENABLED="false")
    assert json.loads(home.datatracing("runs", "--json"))["runs"] == []


def test_plugins_that_were_enabled_for_another_one_trace_nothing():
    assert not asked_for({"PREFECT_PLUGINS_ENABLED": "true"})
    assert asked_for({"DATATRACING_STORE": "sqlite:///traces.db"})
    assert asked_for({"DATATRACING_SPOOL_DIR": "spool"})
