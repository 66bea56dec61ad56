"""Filters as people type them."""

import pytest

from datatracing.access.visibility import EVERYTHING, NOTHING
from datatracing.errors import BadInputError
from datatracing.model.clock import SECOND, parse_rfc3339
from datatracing.model.states import State
from datatracing.query.runs import parse_duration, parse_filter, parse_since

NOW = parse_rfc3339("2025-01-31T06:00:00Z")
HOUR = 3600 * SECOND


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("250ms", 0.25), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("1.5h", 5400), ("2d", 172_800), ("1w", 604_800)],
)
def test_durations_are_numbers_with_units(text, seconds):
    assert parse_duration(text) == seconds * SECOND


@pytest.mark.parametrize("text", ["", "10", "m", "10 m", "-5m", "1h-", "5x", "1e9h", "99999999d", "٣m ", "10m10"])
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(BadInputError, match=r"10m|longer"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("24h", NOW - 24 * HOUR),
        ("2025-01-31T05:00:00Z", NOW - HOUR),
        ("2025-01-31T06:00:00+01:00", NOW - HOUR),
        ("2025-01-31 05:00:00", NOW - HOUR),
        ("2025-01-31", NOW - 6 * HOUR),
    ],
)
def test_since_is_a_time_or_how_long_ago_it_is(text, moment):
    assert parse_since(text, NOW) == moment


@pytest.mark.parametrize("text", ["yesterday", "2025-13-01", "24", "0001-01-01T00:00:00+23:00x", "\x1b[31m"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(BadInputError, match="is not a time"):
        parse_since(text, NOW)


def test_a_filter_that_is_not_given_does_not_restrict():
    where = parse_filter(orchestrator="", pipeline="", state=None, since="", slower_than="")
    assert where == parse_filter()
    assert where.visibility == EVERYTHING


def test_names_are_checked_against_what_they_can_be():
    assert parse_filter(state="failed").state is State.FAILED
    with pytest.raises(BadInputError, match="state 'broken' is not known: it is one of scheduled, "):
        parse_filter(state="broken")
    with pytest.raises(BadInputError, match="orchestrator 'cron' is not known: it is one of airflow, dagster, prefect"):
        parse_filter(orchestrator="cron")


def test_law_8_what_the_reader_may_see_becomes_part_of_the_filter():
    assert parse_filter(visibility=NOTHING).visibility == NOTHING
