"""The trace as an artifact of its run, as Prefect's API shows it."""

import contextlib
import json
from urllib.request import Request, urlopen

import pytest

from tests.conformance.edges import LONG_NAME

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.timeout(600)]
KEY = "datatracing-trace"


@pytest.fixture
def place(home):
    """What others have played before is none of its collectors'."""
    with contextlib.closing(home.beside(DATATRACING_PREFECT_LOOK_BACK="30")) as own:
        yield own


def announce(place):
    return place.datatracing("prefect", "collect", "--once", "--announce")


def artifacts(place, run):
    body = json.dumps({"artifacts": {"flow_run_id": {"any_": [run]}}}).encode()
    request = Request(f"{place.api}/artifacts/filter", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=30) as answer:
        return [each for each in json.load(answer) if each["key"] == KEY]


def test_a_kept_run_gets_one_and_keeps_it(place):
    with_address = place.beside(DATATRACING_UI_URL="http://traces.example/datatracing")
    run = place.play("upstream_failed")["upstream_failed"]
    announce(with_address)
    [first] = artifacts(place, run)
    assert f"(http://traces.example/datatracing/api/v1/traces/{run.replace('-', '')})" in first["data"]
    assert "task attempts in it ended" in first["data"]
    assert 't0["extract"]' in first["data"]
    assert first["data"].count("-->") == 3
    # A collector that knows nothing of the first one.
    with contextlib.closing(
        with_address.beside(DATATRACING_SPOOL_DIR=f"{place.settings['DATATRACING_SPOOL_DIR']}-b")
    ) as new:
        announce(new)
    assert artifacts(place, run) == [first]


def test_a_run_that_is_run_again_has_its_artifact_brought_up_to_date(place):
    run = place.play("direct_calls")["direct_calls"]
    announce(place)
    [first] = artifacts(place, run)
    assert f"`datatracing trace {run.replace('-', '')}`" in first["data"]
    place.call("tests.prefect_rig.mark", run, "FAILED")
    announce(place)
    [second] = artifacts(place, run)
    assert second["id"] == first["id"]
    assert "ended as **failed**" in second["data"]


def test_a_run_whose_detail_is_dropped_gets_none(place):
    dropping = place.beside(DATATRACING_SAMPLE_RATE="0")
    runs = place.play("direct_calls", "failed_flow")
    announce(dropping)
    assert artifacts(place, runs["direct_calls"]) == []
    assert len(artifacts(place, runs["failed_flow"])) == 1


def test_strange_names_stay_inside_the_picture(place):
    run = place.play("ids_at_the_edge")["ids_at_the_edge"]
    announce(place)
    [found] = artifacts(place, run)
    picture = found["data"].partition("```mermaid\n")[2].partition("\n```")[0]
    assert LONG_NAME not in picture
    assert all(line.startswith(("graph LR", "  ")) for line in picture.splitlines())
    assert picture.count('["') == picture.count('"]') == 3
