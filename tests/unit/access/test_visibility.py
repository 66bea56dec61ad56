"""What one reader may see."""

from datatracing.access.visibility import NOTHING, may_see, visible_links
from datatracing.model.link import Direction, Link, LinkKind
from datatracing.model.run import RunRef

ORDERS = RunRef("airflow", "default", "orders", "run 1")
BILLING = RunRef("airflow", "default", "billing", "run 1")
ONLY_ORDERS = frozenset({("airflow", "default", "orders")})


def link_to(run):
    return Link(LinkKind.TRIGGERED, Direction.DOWN, run, "evidence")


def test_law_8_a_reader_sees_the_named_pipelines_and_no_others():
    assert may_see(ONLY_ORDERS, ORDERS)
    assert not may_see(ONLY_ORDERS, BILLING)


def test_law_8_the_same_name_in_another_namespace_or_orchestrator_is_another_pipeline():
    assert not may_see(ONLY_ORDERS, RunRef("airflow", "staging", "orders", "run 1"))
    assert not may_see(ONLY_ORDERS, RunRef("prefect", "default", "orders", "run 1"))


def test_law_8_none_is_everything_and_the_empty_set_is_nothing():
    assert may_see(None, BILLING)
    assert not may_see(NOTHING, BILLING)


def test_law_8_a_link_is_shown_only_when_its_other_end_is():
    links = [link_to(ORDERS), link_to(BILLING)]
    assert visible_links(ONLY_ORDERS, links) == [link_to(ORDERS)]
    assert visible_links(None, links) == links
    assert visible_links(NOTHING, links) == []
