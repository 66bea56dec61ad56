"""Law 2: ids are pure functions of the orchestrator's own ids."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatracing.errors import BadInputError
from datatracing.model import ids
from datatracing.model.run import RunName, RunRef, SpanKey, parse_run

words = st.text(min_size=1, max_size=40)


def test_law_2_known_ids_never_change():
    run = RunRef("airflow", "default", "etl", "manual__2026-01-01")
    assert run.trace_id == "c79fb86bd8f572f6c309e4116d492c47"
    assert SpanKey("load", 3, 2).span_id(run.trace_id) == "3c88329271c580ba"
    assert ids.root_span_id(run.trace_id) == "4380aeaf32948435"


def test_law_2_another_process_computes_the_same_ids():
    code = "from datatracing.model.run import RunRef; print(RunRef('airflow', 'default', 'd\\u00fc', 'r/1').trace_id)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == RunRef("airflow", "default", "dü", "r/1").trace_id


@given(st.lists(words, min_size=2, max_size=4), st.data())
def test_law_2_moving_a_border_between_fields_changes_the_id(fields, data):
    at = data.draw(st.integers(1, len("".join(fields))))
    whole = "".join(fields)
    other = [whole[:at], whole[at:]]
    assert (other == fields) == (ids.digest(*other, size=16) == ids.digest(*fields, size=16))


@given(words, st.integers(-1, 10**6), st.integers(0, 10**3))
def test_an_id_is_hex_of_its_size_and_never_all_zeros(task, map_index, attempt):
    span = SpanKey(task, map_index, attempt).span_id("a" * 32)
    assert len(span) == 16
    assert int(span, 16) > 0


def test_dagster_and_prefect_use_their_own_uuid():
    run = RunRef("dagster", "default", "job", "6F9619FF-8B86-D011-B42D-00CF4FC964FF")
    assert run.trace_id == "6f9619ff8b86d011b42d00cf4fc964ff"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "airflow:my.dag/scheduled__2026-01-01T00:00:00+00:00",
            ("airflow", "my.dag", "scheduled__2026-01-01T00:00:00+00:00"),
        ),
        ("airflow:dag/run/with/slashes", ("airflow", "dag", "run/with/slashes")),
        ("prefect:flow/with/slash/6f9619ff", ("prefect", "flow/with/slash", "6f9619ff")),
    ],
)
def test_a_run_is_read_as_people_write_it(text, expected):
    assert parse_run(text) == RunName(*expected)


def test_a_trace_id_is_taken_as_it_is():
    assert parse_run("A" * 32) == "a" * 32


@pytest.mark.parametrize(
    "text", ["", "airflow", "airflow:", "airflow:dag", "airflow:dag/", "nifi:a/b", "0" * 32, "xyz"]
)
def test_what_is_not_a_run_is_refused_with_the_ways_to_write_one(text):
    with pytest.raises(BadInputError, match="airflow:DAG_ID/RUN_ID"):
        parse_run(text)


def test_law_2_ids_are_the_same_from_a_name_and_from_what_redaction_left_of_it():
    run = RunRef("airflow", "default", "etl", "manual__token=abc")
    veiled = RunRef("airflow", "default", "etl", ids.veiled("manual__token=***", run.run_id))
    assert veiled.trace_id == run.trace_id
    key = SpanKey("load", -1, 1, "k", "op")
    parts = {name: ids.veiled("***", getattr(key, name)) for name in ("task", "map_key", "operation")}
    assert SpanKey(map_index=-1, attempt=1, **parts).span_id("a" * 32) == key.span_id("a" * 32)


def test_names_that_differ_in_their_secret_only_are_different_runs():
    one, other = (
        RunRef("airflow", "default", "etl", ids.veiled("***", name)) for name in ("a@b.example", "c@b.example")
    )
    assert one.trace_id != other.trace_id


def test_law_8_a_forged_veil_leads_into_no_other_namespace():
    victim = RunRef("airflow", "default", "etl", "r1")
    assert RunRef("airflow", ids.veiled("mine", "default"), "etl", "r1").trace_id != victim.trace_id
