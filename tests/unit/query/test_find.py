"""From what a person typed to a trace id."""

from dataclasses import replace

import pytest

from datatracing.access.visibility import NOTHING
from datatracing.errors import BadInputError, NotFoundError
from datatracing.model.states import State
from datatracing.query.find import find
from datatracing.testing.reader import reader
from tests.sample_runs import NIGHT, Story

NAME = "airflow:nightly_orders/scheduled__2025-01-31T06:00:00+00:00"


def stored(connection, **changes):
    return Story(replace(NIGHT, **changes)).begun().sealed(connection, State.SUCCESS, 1)


def test_a_run_is_found_by_its_name(connection):
    trace_id = stored(connection)
    assert connection.find(NAME) == trace_id


def test_a_run_is_found_by_its_trace_id_in_any_case(connection):
    trace_id = stored(connection)
    assert connection.find(trace_id.upper()) == trace_id


def test_a_foreign_trace_id_of_the_run_leads_to_it(connection):
    alias = "4bf92f3577b34da6a3ce929d0e0e4736"
    story = Story().begun()
    connection.complete(replace(story.manifest(State.SUCCESS, 1), aliases=(alias,)))

    assert connection.find(alias) == NIGHT.trace_id


def test_a_run_id_may_have_slashes_and_a_pipeline_letters_of_a_glob(connection):
    odd = stored(connection, pipeline="load*", run_id="a/b/c")
    stored(connection, pipeline="load_all", run_id="a/b/c")

    assert connection.find("airflow:load*/a/b/c") == odd


def test_a_run_of_one_name_in_two_namespaces_is_asked_for_by_trace_id(connection):
    one, other = stored(connection), stored(connection, namespace="staging")

    with pytest.raises(BadInputError) as refused:
        connection.find(NAME)

    assert "in 2 namespaces" in str(refused.value)
    assert f"{one} (namespace default)" in str(refused.value)
    assert f"{other} (namespace staging)" in str(refused.value)


def test_law_8_only_what_the_reader_may_see_makes_a_name_ambiguous(connection):
    one = stored(connection)
    stored(connection, namespace="staging")

    assert find(connection.store, NAME, reader("nightly_orders")) == one


def test_law_8_a_hidden_run_is_not_found_by_name_or_id(connection):
    trace_id = stored(connection)
    with pytest.raises(NotFoundError):
        find(connection.store, NAME, NOTHING)
    with pytest.raises(NotFoundError):
        find(connection.store, trace_id, NOTHING)


def test_what_is_no_run_is_bad_usage_and_what_is_not_there_is_not_found(connection):
    with pytest.raises(BadInputError, match="is not a run"):
        connection.find("nightly_orders")
    with pytest.raises(NotFoundError, match="datatracing why"):
        connection.find("airflow:nightly_orders/other")
