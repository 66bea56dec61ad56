"""What can be known about a run that is not in the store."""

from dataclasses import replace

from datatracing.capture import CaptureSettings, Recorder
from datatracing.model.event import EventKind, Statement
from datatracing.model.states import State
from datatracing.query.absence import absence, expected_trace_id
from datatracing.query.stages import Stage, Status
from datatracing.query.waiting import spooled
from tests.sample_runs import NIGHT, Story, orders

NOT_SPOOLED = Stage("spooled", Status.OK, "nothing of it waits in the spool of this host")
NAME = "airflow:nightly_orders/missing"


def asked(connection, name=NAME, namespace="default", here=NOT_SPOOLED):
    return absence(name, namespace, connection.runs, here)


def test_law_6_an_empty_store_is_the_first_thing_to_say(connection):
    assert asked(connection)["reason"] == "the store holds no run at all: has it ever been written to?"


def test_law_6_a_pipeline_that_reports_but_not_this_run(connection):
    orders().sealed(connection, State.FAILED, 47.5)
    assert asked(connection)["reason"] == (
        "the store has 1 run of nightly_orders, but not this one; "
        "the newest is scheduled__2025-01-31T06:00:00+00:00, from 2025-01-31 06:00:00 UTC"
    )


def test_law_6_a_pipeline_that_never_reported_and_those_that_did(connection):
    orders().sealed(connection, State.FAILED, 47.5)
    assert asked(connection, "airflow:other/x")["reason"] == "the store has no run of other; it knows nightly_orders"


def test_law_6_an_unknown_trace_id_is_told_what_the_store_does_have(connection):
    orders().sealed(connection, State.FAILED, 47.5)
    assert asked(connection, "ab" * 16)["reason"].startswith("the store does not have it; its newest run is airflow:")


def test_law_6_a_wrong_namespace_is_named(connection):
    Story(replace(NIGHT, namespace="prod")).begun().sealed(connection, State.SUCCESS, 1)
    stage = asked(connection)["stages"][-1]
    assert (stage["status"], stage["says"]) == (
        "problem",
        "this host writes into the namespace default; the store has runs of prod only",
    )


def test_law_6_events_in_the_spool_of_this_host_are_the_reason(connection, tmp_path):
    recorder = Recorder(CaptureSettings(store="", spool_dir=tmp_path))
    recorder.say(Statement(EventKind.STARTED, NIGHT))
    recorder.close()
    name = f"airflow:{NIGHT.pipeline}/{NIGHT.run_id}"

    here = spooled(tmp_path, expected_trace_id(name, "default"))

    assert asked(connection, name, here=here)["reason"] == (
        "1 event of it in the spool of this host, not sent: `datatracing spool ship` sends now"
    )


def test_the_trace_id_is_the_one_that_the_run_would_have():
    assert expected_trace_id(f"airflow:{NIGHT.pipeline}/{NIGHT.run_id}", "default") == NIGHT.trace_id
    assert expected_trace_id("AB" * 16, "default") == "ab" * 16
