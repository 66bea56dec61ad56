"""A large record in parts: nothing is lost between them, and it is whole or it is not there."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datatracing.errors import BadInputError
from datatracing.model import codec, parts
from datatracing.model.link import Dependency
from datatracing.model.manifest import Manifest
from datatracing.testing import build

RUN = build.run()
LARGE = build.manifest(RUN, *(f"task_{n}" for n in range(60)), attributes={"conf": "c" * 500}, aliases=("ab" * 16,))
LIMIT = 2_000


def test_a_record_that_fits_is_one_part():
    assert parts.split(LARGE) == [LARGE]
    assert list(parts.join([LARGE])) == [LARGE]


def test_a_large_record_comes_back_as_it_was_whatever_the_order():
    found = parts.split(LARGE, LIMIT)
    assert len(found) > 3
    assert max(len(codec.dumps(part)) for part in found) <= LIMIT
    assert list(parts.join(found[::-1])) == [LARGE]
    assert list(parts.join([*found, *found])) == [LARGE]


@given(st.integers(700, 8_000), st.integers(0, 40), st.integers(0, 60))
@settings(max_examples=30, deadline=None)
def test_no_part_is_over_the_limit_and_together_they_are_the_record(limit, tasks, edges):
    whole = replace(
        build.manifest(RUN, *(f"t{n}" for n in range(tasks))),
        dependencies=tuple(Dependency(f"a{n}", f"b{n}") for n in range(edges)),
    )
    found = parts.split(whole, limit)
    assert max(len(codec.dumps(part)) for part in found) <= limit
    assert list(parts.join(found)) == [whole]


def test_a_record_of_which_a_part_is_missing_is_not_there():
    found = parts.split(LARGE, LIMIT)
    assert list(parts.join(found[1:])) == []
    assert parts.waiting(found[1:]) == f"{len(found) - 1} of {len(found)} parts"
    assert parts.waiting(found) == ""
    assert parts.waiting([]) == ""


def test_parts_that_contradict_one_another_are_not_believed():
    found = parts.split(LARGE, LIMIT)
    assert list(parts.join([*found, replace(found[1], attempts=())])) == []


def test_parts_of_two_readings_are_not_mixed():
    earlier = parts.split(LARGE, LIMIT)
    later = parts.split(replace(LARGE, observed_at=LARGE.observed_at + 1), LIMIT)
    assert list(parts.join([*earlier[:2], *later[2:]])) == []


def test_an_item_that_fits_no_part_is_refused():
    fat = replace(LARGE.attempts[0], attributes={"x": "y" * 5_000})
    with pytest.raises(BadInputError, match="too large"):
        parts.split(replace(LARGE, attempts=(fat,)), LIMIT)


def test_as_a_collector_takes_it():
    assert parts.lines_of(codec.dumps(LARGE)) == [codec.dumps(LARGE)]
    huge = build.manifest(RUN, *(f"task_{n}" for n in range(6_000)))
    lines = parts.lines_of(codec.dumps(huge))
    assert len(lines) > 1
    assert list(parts.join(codec.loads(Manifest, line) for line in lines)) == [huge]
