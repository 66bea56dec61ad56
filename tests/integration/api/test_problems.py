"""Every error has one shape, and tells a client nothing of the server's inside."""

import httpx
import pytest

from datatracing.access.tokens import shared
from datatracing.api.app import create_app
from datatracing.connection import connect
from datatracing.model.token import Scope
from tests.integration.api.conftest import served

ASKED_WRONGLY = [
    ("GET", "/api/v1/nothing", 404),
    ("GET", "/api/v1/traces/" + "ab" * 16, 404),
    ("GET", "/api/v1/traces/" + "ab" * 16 + "/why", 404),
    ("GET", "/api/v1/traces?run=airflow:a/b", 404),
    ("GET", "/api/v1/find?run=airflow:a/b", 404),
    ("GET", "/api/v1/traces/zzz", 400),
    ("GET", "/api/v1/traces?run=zzz", 400),
    ("GET", "/api/v1/runs?since=yesterday", 400),
    ("GET", "/api/v1/runs?cursor=AAAA", 400),
    ("GET", "/api/v1/traces", 422),
    ("GET", "/api/v1/runs?limit=0", 422),
    ("GET", "/api/v1/runs?limit=501", 422),
    ("GET", "/api/v1/runs?stat=failed", 422),
    ("GET", "/api/v1/runs?since=" + "9" * 5_000, 422),
    ("GET", "/api/v1/runs?since=" + "9" * 60 + "d", 400),
    ("GET", "/api/v1/runs?slower_than=" + "9" * 60 + "h", 400),
    ("GET", "/api/v1/runs?cursor=" + "A" * 5_000, 422),
    ("GET", "/api/v1/runs?limit=" + "9" * 5_000, 422),
    ("GET", "/api/v1/find?run=" + "x" * 5_000, 422),
    ("GET", "/api/v1/find?run=airflow:%ED%A0%80/%00", 404),
    ("GET", "/api/v1/traces/%ED%A0%80", 400),
    ("GET", "/api/v1/events", 405),
    ("DELETE", "/api/v1/runs", 405),
    ("GET", "/api/v1/runs/", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), ASKED_WRONGLY)
def test_an_error_is_a_problem_document(api, method, path, status):
    answer = api.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert {"type", "title", "detail"} <= set(document)


def test_a_parameter_that_does_not_fit_is_named_and_not_repeated(api):
    document = api.get("/api/v1/runs", params={"limit": "<script>"}).json()

    assert document["errors"][0]["at"] == "query.limit"
    assert "<script>" not in str(document)


def test_what_is_not_allowed_says_what_is(api):
    assert api.delete("/api/v1/runs").headers["allow"] == "GET"


def test_a_store_that_is_away_is_503_and_its_address_stays_inside(tmp_path):
    connection = connect(f"sqlite:///{tmp_path}/missing.db")
    app = create_app(connection, reader=lambda: None, tokens=shared("t", "default", Scope))
    with served(app) as url:
        for path in ("/healthz", "/api/v1/runs", "/api/v1/traces/" + "ab" * 16):
            answer = httpx.get(url + path)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            assert str(tmp_path) not in answer.text
    connection.close()


def test_a_fault_of_ours_is_500_without_its_stack_trace(tmp_path):
    def broken():
        raise RuntimeError("the inside of the server")

    connection = connect("memory://")
    with served(create_app(connection, reader=broken, tokens=shared("t", "default", Scope))) as url:
        answer = httpx.get(f"{url}/api/v1/runs")
    connection.close()

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "inside" not in answer.text
    assert "Traceback" not in answer.text


def test_a_readers_own_refusal_keeps_its_status():
    from fastapi import HTTPException

    def denied():
        raise HTTPException(403, "not for you")

    connection = connect("memory://")
    with served(create_app(connection, reader=denied, tokens=shared("t", "default", Scope))) as url:
        answer = httpx.get(f"{url}/api/v1/runs")
    connection.close()

    assert (answer.status_code, answer.json()["detail"]) == (403, "not for you")


def test_a_mounted_app_has_no_openapi_document():
    connection = connect("memory://")
    with served(create_app(connection, reader=lambda: None, tokens=shared("t", "default", Scope))) as url:
        assert {httpx.get(url + path).status_code for path in ("/openapi.json", "/docs", "/redoc")} == {404}
    connection.close()
