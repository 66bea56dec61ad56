"""The app inside Airflow's api-server: Airflow's users read what Airflow lets them read, and nothing else (law 8)."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.airflow_rig.metadata import sqlite_metadata
from tests.integration.airflow.stage import play, stage

pytestmark = pytest.mark.xdist_group("airflow-mount")

TOKEN = "a token for workers"
READS = ["traces/{id}", "traces/{id}/why", "traces?run={name}", "find?run={name}"]
RUNS = {"chain": "seen", "writer": "hidden"}


class Answers:
    """Who asked what, and what came back."""

    def __init__(self, written) -> None:
        self.ids, self.routes = written["ids"], written["routes"]
        self.all = {(who, method, path): (status, text) for who, method, path, status, text in written["answers"]}

    def get(self, who: str, path: str):
        return self.all[who, "GET", f"/datatracing/{path}"]

    def read(self, who: str, read: str, dag_id: str):
        name = f"airflow:{dag_id}/{RUNS[dag_id]}"
        return self.get(who, "api/v1/" + read.format(id=self.ids[dag_id], name=name))

    def of(self, who: str):
        return {path: answer for (whose, _, path), answer in self.all.items() if whose == who}


@pytest.fixture(scope="module")
def answers(tmp_path_factory, blank: Path):
    folder = tmp_path_factory.mktemp("mount")
    settings = {
        "DATATRACING_STORE": f"sqlite:///{folder}/traces.db",
        "DATATRACING_SPOOL_DIR": f"{folder}/spool",
        "DATATRACING_TOKEN": TOKEN,
    }
    home = replace(stage(folder, blank, "rows.py", settings), overrides={("rig", "guest_dags"): "chain"}).furnish()
    sqlite_metadata(home, blank)
    return Answers(play(home, "serve", folder, TOKEN))


def pipelines(answer):
    status, text = answer
    assert status == 200, text
    return {run["pipeline"] for run in json.loads(text)["runs"]}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("dag_id", RUNS)
def test_the_admin_reads_everything(answers, read, dag_id):
    assert answers.read("admin", read, dag_id)[0] == 200


@pytest.mark.parametrize("read", READS)
def test_law_8_a_guest_reads_one_dag_and_the_other_is_not_there(answers, read):
    assert answers.read("guest", read, "chain")[0] == 200
    assert answers.read("guest", read, "writer")[0] == 404


def test_law_8_a_list_has_only_what_its_reader_may_see(answers):
    assert pipelines(answers.get("admin", "api/v1/runs")) == {"chain", "writer"}
    assert pipelines(answers.get("guest", "api/v1/runs")) == {"chain"}
    assert pipelines(answers.get("guest", "api/v1/runs?pipeline=writer")) == set()


def test_law_8_a_link_whose_other_end_is_hidden_is_not_shown(answers):
    shown = {who: json.loads(answers.read(who, READS[0], "chain")[1])["links"] for who in ("admin", "guest")}
    assert [link["run"] for link in shown["admin"]] == ["airflow:writer/hidden"] * 2
    assert shown["guest"] == []


def test_law_8_nothing_that_a_guest_is_told_names_the_hidden_run(answers):
    for path, (_, text) in answers.of("guest").items():
        if "writer" not in path and answers.ids["writer"] not in path:
            assert "writer" not in text, path
            assert answers.ids["writer"] not in text, path


def test_law_8_every_reading_route_asks_who_you_are(answers):
    paths = {path.replace("{trace_id}", answers.ids["chain"]) for path in answers.routes} - {"/healthz"}
    assert len(paths) >= 5
    for path in paths:
        asked = [each for each in answers.of("nobody") if each.split("?")[0] == f"/datatracing{path}"]
        assert asked, f"{path} is not asked for in this test"
        assert {answers.of("nobody")[each][0] for each in asked} == {401}, path


@pytest.mark.parametrize("who", ["worker", "stranger"])
def test_law_8_a_token_that_is_not_of_a_user_reads_nothing(answers, who):
    assert {status for path, (status, _) in answers.of(who).items() if "/api/v1/" in path and "events" not in path} <= {
        401,
        403,
    }


def test_the_cookie_of_airflows_own_pages_is_enough(answers):
    assert pipelines(answers.get("cookie", "api/v1/runs")) == {"chain"}


@pytest.mark.parametrize("who", ["admin", "nobody"])
@pytest.mark.parametrize("page", ["docs", "redoc", "openapi.json"])
def test_law_8_docs_and_openapi_are_closed(answers, who, page):
    assert answers.get(who, page)[0] == 404


@pytest.mark.parametrize(
    ("who", "status"), [("worker", 200), ("admin", 401), ("guest", 401), ("nobody", 401), ("stranger", 401)]
)
def test_only_the_token_of_workers_sends(answers, who, status):
    assert answers.all[who, "POST", "/datatracing/api/v1/events"][0] == status


def test_anybody_may_know_that_the_store_answers(answers):
    status, text = answers.get("nobody", "healthz")
    assert (status, json.loads(text)["status"]) == (200, "ok")
