"""The trace as an artifact of its run, as Prefect's API shows it."""

import time

import pytest

from datatracing.store.sql.schema import upgrade
from tests.conformance.edges import LONG_NAME
from tests.prefect_rig.theatre import watch_once

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.timeout(600)]
KEY = "datatracing-trace"
FLOWS = ("upstream_failed", "direct_calls", "failed_flow", "ids_at_the_edge")
UI = "http://traces.example/datatracing"


@pytest.fixture(scope="module")
def place(prefect_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("artifacts")
    store = f"sqlite:///{folder}/traces.db"
    upgrade(store)
    settings = {"DATATRACING_STORE": store, "DATATRACING_UI_URL": UI}
    return prefect_server.beside(DATATRACING_SPOOL_DIR=f"{folder}/spool", **settings)


@pytest.fixture(scope="module")
def announce():
    """A function. What others have played before is not looked for."""
    began = time.time()
    return lambda home: watch_once(home, "--announce", since=began)


@pytest.fixture(scope="module")
def runs(place, announce):
    """Played and announced, by a watcher that keeps the detail of failed runs only."""
    played = place.play(*FLOWS)
    announce(place.beside(DATATRACING_SAMPLE_RATE="0", DATATRACING_SPOOL_DIR=f"{place.folder}/other-spool"))
    assert artifacts(place, played["direct_calls"]) == []
    assert len(artifacts(place, played["failed_flow"])) == 1
    return played


def artifacts(place, run):
    found = place.ask("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run]}}})
    return [each for each in found if each["key"] == KEY]


def test_a_run_that_is_not_kept_gets_none_and_a_kept_one_keeps_its_only_one(place, runs, announce):
    [before] = artifacts(place, runs["failed_flow"])
    # A watcher that knows nothing of the first one.
    announce(place)
    [after] = artifacts(place, runs["failed_flow"])
    assert (after["id"], after["data"]) == (before["id"], before["data"])


def test_it_leads_to_the_trace_and_shows_what_ran_behind_what(place, runs):
    run = runs["upstream_failed"]
    [found] = artifacts(place, run)
    assert f"({UI}/api/v1/traces/{run.replace('-', '')})" in found["data"]
    assert "task attempts in it ended" in found["data"]
    assert 't0["extract"]' in found["data"]
    assert found["data"].count("-->") == 3


def test_strange_names_stay_inside_the_picture(place, runs):
    [found] = artifacts(place, runs["ids_at_the_edge"])
    picture = found["data"].partition("```mermaid\n")[2].partition("\n```")[0]
    assert LONG_NAME not in picture
    assert all(line.startswith(("graph LR", "  ")) for line in picture.splitlines())
    assert picture.count('["') == picture.count('"]') == 3


def test_a_run_that_ends_in_another_way_has_its_artifact_brought_up_to_date(place, runs, announce):
    run = runs["direct_calls"]
    place.mark(run, "FAILED")
    announce(place.beside(DATATRACING_UI_URL=""))
    [found] = artifacts(place, run)
    assert "ended as **failed**" in found["data"]
    assert f"`datatracing trace {run.replace('-', '')}`" in found["data"]
