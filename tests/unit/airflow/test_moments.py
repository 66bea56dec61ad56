"""Airflow's moments are pendulum's, a subclass of datetime with arithmetic of its own."""

from datetime import datetime, timedelta, timezone

import pendulum
import pytest

from datatracing.model.clock import micros
from datatracing_airflow.mapping import plain

NOON = datetime(2026, 1, 1, 12, 0, 0, 123_456, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        pendulum.instance(NOON),
        pendulum.instance(NOON).in_timezone("Europe/Berlin"),
        NOON.astimezone(timezone(timedelta(hours=-7))),
    ],
)
def test_one_moment_is_one_number_whoever_made_it(moment):
    assert micros(moment) == 1_767_268_800_123_456
    assert plain(moment) == "2026-01-01T12:00:00.123456Z"


def test_sets_come_in_order_and_enums_by_value():
    assert plain({"b", "a"}) == ["a", "b"]
    assert plain({"conf": 1}) == {"conf": 1}
