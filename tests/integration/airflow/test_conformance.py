"""Every shape of a run on a real Airflow: what our trace says is what Airflow's own tables say."""

import pytest

from tests.airflow_rig.command import document
from tests.airflow_rig.performance import Performance
from tests.airflow_rig.reading import reading, settled
from tests.conformance.check import one_sided, unbalanced, untruths
from tests.conformance.shapes import BY_NAME, SHAPES, Shape, departures

SEALED = 30.0
"""Seconds after the end of a run within which its trace must be true, on a machine busy with the other runs."""

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


@every_shape
def test_the_run_takes_the_shape(performance: Performance, shape: Shape):
    account = performance.account(shape)
    assert departures(shape, account, performance.names(shape)) == []


@every_shape
def test_the_command_line_shows_what_airflow_says(performance: Performance, shape: Shape):
    account, home = performance.account(shape), performance.cluster.home
    with reading(home) as store:
        assert settled(lambda: untruths(store.trace(account.name), account), SEALED) == []
    assert untruths(document(home, "trace", account.name), account) == []


@every_shape
def test_law_6_the_books_balance_and_nothing_is_lost(performance: Performance, shape: Shape):
    with reading(performance.cluster.home) as store:
        assert unbalanced(store.books(performance.name(shape))) == []


@pytest.mark.parametrize("cause", ["triggers_child", "writes_asset"])
def test_both_ends_tell_of_a_link(performance: Performance, cause: str):
    shapes = [BY_NAME[cause], *(BY_NAME[other] for _, _, other in BY_NAME[cause].links)]
    with reading(performance.cluster.home) as store:
        ends = [store.trace(performance.name(shape)) for shape in shapes]
    assert sum(len(end["links"]) for end in ends) == len(ends)
    assert one_sided(ends) == []
