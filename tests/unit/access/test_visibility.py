"""What one reader may see."""

import pytest

from datatracing.access.visibility import EVERYTHING, NOTHING, Level, Visibility, installation, withheld
from datatracing.model.link import Direction, Link, LinkKind
from datatracing.model.run import RunRef
from datatracing.testing.reader import ByPipeline, reader

ORDERS = RunRef("airflow", "default", "orders", "run 1")
BILLING = RunRef("airflow", "default", "billing", "run 1")


def link_to(run):
    return Link(LinkKind.TRIGGERED, Direction.DOWN, run, "evidence")


def test_law8_a_reader_sees_the_named_pipelines_and_no_others():
    assert reader("orders").sees(ORDERS)
    assert not reader("orders").sees(BILLING)
    assert reader("orders").narrow(["billing", "orders"]) == ["orders"]


@pytest.mark.parametrize("orchestrator", ["airflow", "prefect"])
@pytest.mark.parametrize("namespace", ["default", "staging"])
def test_law8_the_same_name_in_another_namespace_or_orchestrator_is_another_pipeline(orchestrator, namespace):
    run = RunRef(orchestrator, namespace, "orders", "run 1")
    assert reader("orders").sees(run) == (run == ORDERS)


def test_law8_a_level_has_all_of_those_before_it():
    for level in Level:
        visibility = reader("orders", level=level)
        seen = (visibility.sees(ORDERS), visibility.sees_tasks(ORDERS), visibility.sees_texts(ORDERS))
        assert seen == tuple(each <= level for each in (Level.RUN, Level.TASKS, Level.TEXTS))


def test_law8_no_pipeline_is_seen_beyond_what_its_reader_may_see_at_most():
    assert ByPipeline(Level.RUN, levels={"orders": Level.TEXTS}).level(ORDERS) is Level.RUN
    assert ByPipeline(Level.NOTHING, levels={"orders": Level.TEXTS}).level(ORDERS) is Level.NOTHING


def test_law8_everything_nothing_and_what_is_not_said_at_all():
    assert EVERYTHING.sees_texts(BILLING)
    assert NOTHING == Visibility() == installation("") == installation("", "airflow")
    assert not NOTHING.sees(BILLING)


def test_law8_an_installation_is_all_of_one_namespace():
    assert installation("default").sees_texts(BILLING)
    assert installation("default", "airflow").sees_texts(BILLING)
    assert not installation("staging").sees(BILLING)
    assert not installation("default", "prefect").sees(BILLING)


def test_law8_a_link_is_shown_only_when_its_other_end_is():
    links = [link_to(ORDERS), link_to(BILLING)]
    assert reader("orders").links(ORDERS, links) == [link_to(ORDERS)]
    assert reader("orders", level=Level.RUN).links(ORDERS, links) == []
    assert EVERYTHING.links(ORDERS, links) == links
    assert NOTHING.links(ORDERS, links) == []


def test_what_is_withheld_is_said_in_words():
    assert [withheld(level) for level in Level] == [["tasks", "texts"], ["tasks", "texts"], ["texts"], []]
