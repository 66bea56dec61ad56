"""Law 8: no read without authorization, on any route, link ends and counts included."""

from dataclasses import replace

import httpx
import pytest

from datatracing.access.tokens import shared
from datatracing.access.visibility import NOTHING
from datatracing.api.app import create_app
from datatracing.connection import connect
from datatracing.model.link import Direction, LinkKind
from datatracing.model.states import State
from datatracing.model.token import Scope
from datatracing.testing.reader import reader as only
from tests.integration.api.conftest import served
from tests.sample_runs import NIGHT, Story

ORDERS = replace(NIGHT, pipeline="orders")
SALARIES = replace(NIGHT, pipeline="salaries")
OPEN = {"/healthz"}


def name(run):
    return f"airflow:{run.pipeline}/{run.run_id}"


@pytest.fixture
def reader():
    """Reads over HTTP as somebody who may see orders and not salaries."""
    connection = connect("memory://")
    Story(ORDERS).begun().link(LinkKind.TRIGGERED, Direction.DOWN, SALARIES, "in orders").sealed(
        connection, State.SUCCESS, 1
    )
    Story(SALARIES).begun().link(LinkKind.TRIGGERED, Direction.UP, ORDERS, "in salaries").sealed(
        connection, State.SUCCESS, 1
    )
    app = create_app(connection, reader=lambda: only("orders"), tokens=shared("t", "default", Scope), openapi=True)
    with served(app) as url, httpx.Client(base_url=url) as client:
        yield client
    connection.close()


def test_law_8_lists_hold_only_what_the_reader_may_see(reader):
    assert [run["pipeline"] for run in reader.get("/api/v1/runs").json()["runs"]] == ["orders"]
    assert reader.get("/api/v1/runs", params={"pipeline": "salaries"}).json() == {"runs": [], "cursor": None}


def test_law_8_a_page_tells_nothing_of_hidden_runs_by_its_cursor(reader):
    assert reader.get("/api/v1/runs", params={"limit": 1}).json()["cursor"] is None


def test_law_8_a_link_to_a_hidden_run_is_not_there(reader):
    document = reader.get(f"/api/v1/traces/{ORDERS.trace_id}")

    assert document.status_code == 200
    assert document.json()["links"] == []
    assert "salaries" not in document.text
    assert SALARIES.trace_id not in document.text


@pytest.mark.parametrize("path", ["/api/v1/traces/{id}", "/api/v1/traces/{id}/why"])
def test_law_8_a_hidden_run_and_an_absent_one_look_the_same_by_id(reader, path):
    hidden = reader.get(path.replace("{id}", SALARIES.trace_id))
    absent = reader.get(path.replace("{id}", "ab" * 16))

    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace(SALARIES.trace_id, "ID") == absent.text.replace("ab" * 16, "ID")
    assert set(hidden.headers) == set(absent.headers)


@pytest.mark.parametrize("path", ["/api/v1/traces", "/api/v1/find"])
def test_law_8_a_hidden_run_and_an_absent_one_look_the_same_by_name(reader, path):
    hidden = reader.get(path, params={"run": name(SALARIES)})
    absent = reader.get(path, params={"run": name(replace(SALARIES, pipeline="absent99"))})

    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace("salaries", "absent99") == absent.text


def test_law_8_every_route_asks_who_is_there(anybody):
    """Whatever route is added later: without a token it answers nobody."""
    for path, methods in anybody.get("/openapi.json").json()["paths"].items():
        for method in methods:
            answer = anybody.request(
                method.upper(), path.replace("{trace_id}", "ab" * 16), params={"run": name(ORDERS)}
            )
            assert (answer.status_code == 200) == (path in OPEN), (method, path, answer.text)
            assert path in OPEN or answer.status_code == 401
            assert path in OPEN or answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic a-token-of-the-tests", "Bearer schlüssel"])
def test_law_8_a_wrong_token_is_no_token(anybody, header):
    assert anybody.get("/api/v1/runs", headers={"Authorization": header.encode()}).status_code == 401


def test_law_8_the_ingest_token_of_a_mounted_app_does_not_read(reader):
    with_token = {"Authorization": "Bearer t"}
    assert reader.get(f"/api/v1/traces/{SALARIES.trace_id}", headers=with_token).status_code == 404


def test_law_8_an_app_without_an_ingest_token_takes_nothing():
    connection = connect("memory://")
    with served(create_app(connection, reader=lambda: NOTHING)) as url:
        for header in ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"}):
            assert httpx.post(f"{url}/api/v1/events", headers=header).status_code == 401
    connection.close()
