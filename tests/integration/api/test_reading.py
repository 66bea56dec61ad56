"""What the API answers to readers, and that its OpenAPI document describes it."""

from dataclasses import replace

import pytest

from datatracing.api import schemas
from datatracing.model.states import State
from tests.sample_runs import NIGHT, Story, orders, times

NAME = f"airflow:{NIGHT.pipeline}/{NIGHT.run_id}"


@pytest.fixture
def url(store_url):
    """SQLite and Postgres, both."""
    return store_url


@pytest.fixture
def trace_id(store):
    """One stored run."""
    return orders().sealed(store, State.FAILED, 47.5)


def test_a_trace_is_the_document_of_the_design(api, store, trace_id):
    answer = api.get(f"/api/v1/traces/{trace_id}")

    assert answer.status_code == 200
    assert answer.json() == store.trace(trace_id)
    schemas.TraceShape.model_validate(answer.json())


def test_a_trace_is_found_by_the_runs_name(api, trace_id):
    by_name = api.get("/api/v1/traces", params={"run": NAME}).json()

    assert by_name == api.get(f"/api/v1/traces/{trace_id.upper()}").json()
    assert api.get("/api/v1/find", params={"run": NAME}).json() == {"trace_id": trace_id}


def test_runs_are_searched_by_every_filter(api, store, trace_id):
    Story(replace(NIGHT, pipeline="calm")).begun().sealed(store, State.SUCCESS, 3)

    def names(**query):
        answer = api.get("/api/v1/runs", params=query)
        assert answer.status_code == 200, answer.text
        schemas.PageShape.model_validate(answer.json())
        return sorted(run["pipeline"] for run in answer.json()["runs"])

    assert names() == ["calm", "nightly_orders"]
    assert names(state="failed") == ["nightly_orders"]
    assert names(pipeline="c*") == ["calm"]
    assert names(slower_than="10s") == ["nightly_orders"]
    assert names(orchestrator="dagster") == names(namespace="other") == names(since="1h") == []
    assert names(since="2025-01-31T00:00:00Z", run_id=NIGHT.run_id) == ["calm", "nightly_orders"]


def test_a_list_goes_on_behind_its_cursor(api, store, trace_id):
    Story(replace(NIGHT, pipeline="calm")).begun().sealed(store, State.SUCCESS, 3)

    first = api.get("/api/v1/runs", params={"limit": 1}).json()
    second = api.get("/api/v1/runs", params={"limit": 1, "cursor": first["cursor"]}).json()

    assert {run["pipeline"] for run in first["runs"] + second["runs"]} == {"calm", "nightly_orders"}
    assert second["cursor"] is None


def test_law_6_why_says_the_fate_at_every_stage(api, trace_id):
    document = api.get(f"/api/v1/traces/{trace_id}/why").json()

    schemas.WhyShape.model_validate(document)
    assert (document["run"], document["fate"], document["reason"]) == (NAME, "kept", "the run ended failed")


def test_an_open_run_is_readable_before_its_seal(api, store):
    trace_id = Story().begun().task("sleep", State.RUNNING, times(None, None, 2, None)).open(store)

    document = api.get(f"/api/v1/traces/{trace_id}").json()

    schemas.TraceShape.model_validate(document)
    assert document["run"]["verdict"] is None


def test_reading_changes_nothing(api, store, trace_id):
    before = store.store.run(trace_id)
    for path in ("/api/v1/runs", f"/api/v1/traces/{trace_id}", f"/api/v1/traces/{trace_id}/why", "/healthz"):
        assert api.get(path).status_code == 200
        assert api.get(path).headers["cache-control"] == "no-store"
    assert store.store.run(trace_id) == before


def test_the_openapi_document_names_every_route_and_asks_for_the_token(api):
    document = api.get("/openapi.json").json()

    assert set(document["paths"]) == {
        "/api/v1/runs",
        "/api/v1/find",
        "/api/v1/traces",
        "/api/v1/traces/{trace_id}",
        "/api/v1/traces/{trace_id}/why",
        "/api/v1/events",
        "/api/v1/losses",
        "/api/v1/manifests",
        "/api/v1/summaries",
        "/healthz",
    }
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert bool(operation.get("security")) == (path != "/healthz"), path
    assert api.get("/docs").status_code == 404
