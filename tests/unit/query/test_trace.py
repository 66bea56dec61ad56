"""The trace document of DESIGN section 8."""

from dataclasses import replace

import orjson
import pytest
from inline_snapshot import snapshot

from datatracing.access.visibility import EVERYTHING, NOTHING
from datatracing.errors import NotFoundError
from datatracing.model.event import Times
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing.query.document import dumps
from datatracing.query.question import Asked
from datatracing.query.runs import RUNS
from datatracing.query.trace import trace
from datatracing.store.summary import RunSummary
from datatracing.testing.reader import reader
from tests.sample_runs import NIGHT, Story, orders, times


def test_the_document_of_a_small_run_has_every_field_of_the_design(connection):
    story = Story(replace(NIGHT, pipeline="calm")).begun()
    story.task("copy", State.SUCCESS, times(0.1, 0.2, 1, 3), attributes={"rows": 7})
    trace_id = story.sealed(connection, State.SUCCESS, 3.5)

    assert connection.trace(trace_id) == snapshot(
        {
            "run": {
                "trace_id": "18b40dfb8a88482b60b8d5c0be84dc96",
                "orchestrator": "airflow",
                "namespace": "default",
                "pipeline": "calm",
                "run_id": "scheduled__2025-01-31T06:00:00+00:00",
                "state": "success",
                "started_at": "2025-01-31T06:00:00.000000Z",
                "ended_at": "2025-01-31T06:00:03.500000Z",
                "revision": 0,
                "verdict": {
                    "keep": True,
                    "rule": "probability",
                    "reason": "every run is kept (sample rate 1)",
                    "rate": 1.0,
                },
                "completeness": {
                    "status": "complete",
                    "expected": 1,
                    "captured": 1,
                    "missing": [],
                    "unknown_edges": [],
                },
                "withheld": [],
            },
            "spans": [
                {
                    "span_id": "1eb3c77537c153b7",
                    "level": "run",
                    "task": None,
                    "map_index": -1,
                    "map_key": None,
                    "attempt": 0,
                    "operation": None,
                    "state": "success",
                    "raw_state": "success",
                    "source": "both",
                    "scheduled_at": None,
                    "queued_at": "2025-01-31T06:00:00.000000Z",
                    "started_at": "2025-01-31T06:00:00.000000Z",
                    "ended_at": "2025-01-31T06:00:03.500000Z",
                    "depends_on": [],
                    "parent": None,
                    "attributes": {},
                    "error": None,
                    "records": [],
                },
                {
                    "span_id": "72690d9565c2921a",
                    "level": "task",
                    "task": "copy",
                    "map_index": -1,
                    "map_key": None,
                    "attempt": 1,
                    "operation": None,
                    "state": "success",
                    "raw_state": "success",
                    "source": "both",
                    "scheduled_at": "2025-01-31T06:00:00.100000Z",
                    "queued_at": "2025-01-31T06:00:00.200000Z",
                    "started_at": "2025-01-31T06:00:01.000000Z",
                    "ended_at": "2025-01-31T06:00:03.000000Z",
                    "depends_on": [],
                    "parent": "1eb3c77537c153b7",
                    "attributes": {"rows": 7},
                    "error": None,
                    "records": [],
                },
            ],
            "links": [],
        }
    )


def test_links_name_the_other_run_and_say_how_it_is_known(connection):
    document = connection.trace(orders().sealed(connection, State.FAILED, 47.5))

    assert document["links"] == snapshot(
        [
            {
                "kind": "asset",
                "direction": "up",
                "trace_id": "eccd2e9cd646d1dcf39a04256bf208e9",
                "run": "airflow:shop_export/scheduled__2025-01-31T05:00:00+00:00",
                "evidence": "asset s3://shop/orders",
                "confidence": "inferred",
            },
            {
                "kind": "triggered",
                "direction": "down",
                "trace_id": "119716eb4c40c3c02b026f7dad296ea3",
                "run": "airflow:billing/manual__2025-01-31T06:00:32+00:00",
                "evidence": "TriggerDagRunOperator start_billing",
                "confidence": "exact",
            },
        ]
    )


def test_the_spans_of_a_sealed_run_go_through_as_the_store_has_them(connection):
    trace_id = orders().sealed(connection, State.FAILED, 47.5)

    assert connection.store.spans(trace_id) in told(connection, trace_id)


def test_a_run_that_is_still_open_shows_what_its_hooks_have_said_so_far(connection):
    trace_id = Story().begun().task("sleep", State.RUNNING, times(None, None, 2, None)).open(connection)

    document = connection.trace(trace_id)

    assert document["run"]["state"] == "running"
    assert document["run"]["verdict"] is None
    assert document["run"]["completeness"]["status"] == "unknown"
    assert [span["task"] for span in document["spans"]] == [None, "sleep"]


def test_events_that_came_after_the_last_sweep_are_in_the_document_of_an_open_run(connection):
    Story().begun().open(connection)
    late = Story().begun().task("sleep", State.RUNNING, times(None, None, 2, None))
    connection.accept(event for event in map(_wire, late.events))

    assert [span["task"] for span in connection.trace(NIGHT.trace_id)["spans"]] == [None, "sleep"]


def test_a_run_that_is_not_there_is_not_found(connection):
    with pytest.raises(NotFoundError, match="no run with the trace id"):
        connection.trace("ab" * 16)


def test_law_8_a_run_that_may_not_be_seen_is_not_found_in_the_same_words(connection):
    trace_id = orders().sealed(connection, State.FAILED, 47.5)
    with pytest.raises(NotFoundError) as hidden:
        told(connection, trace_id, reader("other"))
    with pytest.raises(NotFoundError) as absent:
        told(connection, "ab" * 16)

    assert str(hidden.value).replace(trace_id, "ID") == str(absent.value).replace("ab" * 16, "ID")


def test_law_8_an_open_run_that_no_sweep_has_named_yet_is_hidden_too(connection):
    connection.accept(_wire(event) for event in Story().begun().events)

    with pytest.raises(NotFoundError):
        told(connection, NIGHT.trace_id, NOTHING)


def test_law_8_link_ends_that_may_not_be_seen_are_left_out(connection):
    trace_id = orders().sealed(connection, State.FAILED, 47.5)
    visibility = reader("nightly_orders", "billing")

    links = orjson.loads(told(connection, trace_id, visibility))["links"]

    assert [link["run"].partition("/")[0] for link in links] == ["airflow:billing"]


def test_law_5_a_sampled_out_run_keeps_every_span_and_loses_only_detail(connection):
    from datatracing.sampling.policy import default_policy

    connection.sealer = replace(connection.sealer, policy=default_policy(0.0))
    story = Story().begun().task("copy", State.SUCCESS, times(0.1, 0.2, 1, 3), attributes={"rows": 7})

    document = connection.trace(story.sealed(connection, State.SUCCESS, 3.5))

    assert document["run"]["verdict"]["keep"] is False
    assert [(span["task"], span["state"], span["attributes"]) for span in document["spans"]] == [
        (None, "success", {}),
        ("copy", "success", {}),
    ]


def test_a_time_that_no_calendar_has_does_not_break_the_list(connection):
    """No event brings such a time in any more; a row of an older version can hold one."""
    with connection.store.sealing(NIGHT.trace_id) as sealing:
        sealing.open(RunSummary(NIGHT, State.RUNNING, times=Times(started_at=2**62)))

    [run] = connection.ask(RUNS)["runs"]

    assert run["started_at"] == "9999-12-31T23:59:59.999999Z"


def test_half_a_surrogate_pair_in_a_name_does_not_break_the_document():
    assert orjson.loads(dumps({"run": RunRef("airflow", "default", "d", "\ud800").name})) == {"run": "airflow:d/?"}


def _wire(event):
    from datatracing.model import codec

    return codec.dumps(event)


def told(connection, trace_id, visibility=EVERYTHING):
    """The answer as it is, without what freshness does before it."""
    return trace(Asked(connection.store, connection.sealer, visibility), trace_id)
