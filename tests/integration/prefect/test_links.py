"""Every way in which a run of Prefect causes another one, found with nothing but what Prefect keeps."""

import contextlib
import json
import sys
from dataclasses import dataclass
from typing import Any
from urllib.request import urlopen

import pytest

from datatracing import connect
from tests.conformance.check import one_sided
from tests.prefect_rig.home import Home
from tests.prefect_rig.oracle import Oracle

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.timeout(600)]
PATIENCE = 180
ELSEWHERE = "4bf92f3577b34da6a3ce929d0e0e4736"


@dataclass
class Played:
    """Documents of all runs by run id, and the ids by what the player calls them."""

    store: str
    runs: dict[str, str]
    documents: dict[str, Any]

    def trace(self, name):
        return self.documents[self.runs[name]]

    def links(self, name):
        return {(link["kind"], link["direction"], link["run"]) for link in self.trace(name)["links"]}

    def callee(self, name, direction="down"):
        """The one run of the callee that this run is linked to."""
        [link] = [
            each
            for each in self.trace(name)["links"]
            if each["direction"] == direction and each["run"].startswith("prefect:callee/")
        ]
        return link, self.documents[link["run"].partition("/")[2]]


@pytest.fixture(scope="module")
def played(prefect_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("causes")
    home = prefect_server.beside(
        DATATRACING_STORE=f"sqlite:///{folder}/traces.db",
        DATATRACING_SPOOL_DIR=str(folder / "spool"),
        PREFECT_RUNNER_POLL_FREQUENCY="1",
    )
    with contextlib.closing(home):
        for what in ("serve", "tasks"):
            home.programs.start(what, [sys.executable, "-m", "tests.prefect_rig.causes", what])
        home.programs.wait("the deployment", lambda: deployed(home), PATIENCE)
        printed = home.call("tests.prefect_rig.causes", "play").stdout
        runs = dict(line.split() for line in printed.splitlines() if len(line.split()) == 2)
        oracle = Oracle(home.database)
        home.programs.wait("the automation's run", lambda: all_over(oracle), PATIENCE)
        oracle.settled()
        home.datatracing("prefect", "watch", "--once")
        ids = [*runs.values(), *oracle.runs("callee")]
        with contextlib.closing(connect(home.settings["DATATRACING_STORE"])) as connection:
            yield Played(connection.url, runs, {run: connection.trace(run.replace("-", "")) for run in ids})


def deployed(home: Home):
    try:
        with urlopen(f"{home.api}/deployments/name/callee/there", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def all_over(oracle):
    """As a subflow twice, apart, by the automation, and called as it is."""
    runs = oracle.runs("callee")
    return len(runs) == 5 and all(oracle.state(run) == "Completed" for run in runs)


def test_a_deployment_run_as_a_subflow_is_told_by_both_ends(played):
    for name in ("calls_as_subflow", "calls_inside_a_task"):
        link, there = played.callee(name)
        assert (link["kind"], link["confidence"]) == ("triggered", "exact")
        up = ("triggered", "up", f"prefect:{name}/{played.runs[name]}")
        assert up in {(each["kind"], each["direction"], each["run"]) for each in there["links"]}


def test_the_call_is_a_span_inside_of_the_task_that_called(played):
    spans = {span["task"]: span for span in played.trace("calls_inside_a_task")["spans"]}
    assert set(spans) == {None, "calling", "run_deployment.callee-there"}
    assert spans["run_deployment.callee-there"]["depends_on"] == [spans["calling"]["span_id"]]


def test_a_deployment_run_apart_is_known_by_prefects_own_telemetry(played):
    link, there = played.callee("calls_apart")
    assert (link["kind"], link["confidence"]) == ("triggered", "inferred")
    assert "OpenTelemetry" in link["evidence"]
    assert len(there["links"]) == 1


def test_the_trace_of_prefects_own_telemetry_is_another_name_of_the_run(played, prefect_server):
    """It goes on in the runs that this one called; the first of all that are in it is found by it."""
    run = played.runs["calls_as_subflow"]
    [row] = Oracle(prefect_server.database)._rows("SELECT labels FROM flow_run WHERE id = ?", run)
    otel = json.loads(row["labels"])["__OTEL_TRACEPARENT"].split("-")[1]
    assert otel != run.replace("-", "")
    with contextlib.closing(connect(played.store)) as connection:
        assert connection.find(otel) == run.replace("-", "")


def test_an_automation_is_caused_by_the_run_whose_event_it_saw(played):
    link, there = played.callee("writes_raw")
    assert (link["kind"], link["confidence"]) == ("triggered", "exact")
    assert link["evidence"] == "automation on [raw] saw its prefect.asset.materialization.succeeded"
    assert there["run"]["state"] == "success"


def test_a_run_that_reads_an_asset_is_behind_the_run_that_wrote_it(played):
    writer, reader = (f"prefect:{name}/{played.runs[name]}" for name in ("writes_raw", "reads_raw"))
    assert ("asset", "up", writer) in played.links("reads_raw")
    assert ("asset", "down", reader) in played.links("writes_raw")


def test_a_traceparent_that_was_handed_over_names_the_cause(played):
    assert played.links("was_told") == {("propagated", "up", f"w3c:trace/{ELSEWHERE}")}
    cause = f"prefect:callee/{played.runs['cause']}"
    assert played.links("was_told_of_a_run") == {("propagated", "up", cause)}


def test_a_task_that_runs_outside_of_any_flow_is_a_run_of_its_own(played):
    document = played.trace("later")
    assert (document["run"]["pipeline"], document["run"]["state"]) == ("later", "success")
    by_task = {span["task"]: span for span in document["spans"]}
    assert {task: span["state"] for task, span in by_task.items()} == dict.fromkeys((None, "later", "work"), "success")
    assert by_task["work"]["depends_on"] == [by_task["later"]["span_id"]]


def test_both_ends_tell_of_every_link(played):
    assert one_sided(played.documents.values()) == []
