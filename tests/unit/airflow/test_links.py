"""What one task or one run row can tell of other runs."""

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from datatracing.model.link import Access, AssetUse, Direction, LinkKind
from datatracing.model.run import RunRef
from datatracing_airflow import links

CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


class Task:
    """Carries what a test gives it, as operators carry what their class defines."""

    def __init__(self, **attributes):
        vars(self).update(task_id="t", **attributes)


def test_law_2_a_triggered_run_is_known_by_its_id_before_it_exists():
    (link,) = links.triggered(Task(trigger_dag_id="child", trigger_run_id="r1"), "here")
    assert (link.kind, link.direction) == (LinkKind.TRIGGERED, Direction.DOWN)
    assert link.run.trace_id == RunRef("airflow", "here", "child", "r1").trace_id


@pytest.mark.parametrize(
    "task", [Task(), Task(trigger_dag_id="child", trigger_run_id=None), Task(trigger_dag_id=1, trigger_run_id="r")]
)
def test_a_task_that_triggers_nothing_links_nothing(task):
    assert list(links.triggered(task, "here")) == []


def event(dag_id, run_id, uri="s3://x"):
    return SimpleNamespace(source_dag_id=dag_id, source_run_id=run_id, asset=SimpleNamespace(uri=uri))


def test_an_asset_event_from_outside_of_airflow_names_no_run():
    found = list(links.consumed([event(None, None), event("writer", "r1")], "here"))
    assert [(link.run.pipeline, link.evidence) for link in found] == [("writer", "asset s3://x")]


def test_one_task_repeats_a_bounded_number_of_asset_events():
    assert len(list(links.consumed([event("writer", str(number)) for number in range(500)], "here"))) == 100


def test_law_2_a_traceparent_in_the_conf_leads_to_the_trace_it_names():
    (link,) = links.propagated({"traceparent": f"00-{CALLER}-00f067aa0ba902b7-01"}, "here")
    assert (link.kind, link.direction) == (LinkKind.PROPAGATED, Direction.UP)
    assert link.run.trace_id == CALLER


@pytest.mark.parametrize("conf", [None, {}, [], "text", {"traceparent": 1}, {"traceparent": f"00-{CALLER}-x-01"}])
def test_a_conf_without_a_true_traceparent_links_nothing(conf):
    assert list(links.propagated(conf, "here")) == []


def test_a_sensor_waits_for_the_dates_it_wrote_down():
    task = Task(external_dag_id="up", external_dates_filter="2026-01-01T00:00:00+00:00,2026-01-02T00:00:00+00:00")
    assert links.awaited(task, None) == {
        "dag_id": "up",
        "logical_dates": ["2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"],
    }


@pytest.mark.parametrize(("delta", "day"), [(None, 2), (timedelta(days=1), 1)])
def test_before_it_has_looked_its_delta_says_the_date(delta, day):
    task = Task(external_dag_id="up", external_dates_filter=None, execution_delta=delta)
    assert links.awaited(task, NOON)["logical_dates"] == [NOON.replace(day=day).isoformat()]


def test_a_users_own_function_is_never_called_for_it():
    def never(_date):
        raise AssertionError("that is the user's code")

    task = Task(external_dag_id="up", external_dates_filter=None, execution_date_fn=never)
    assert links.awaited(task, NOON) is None


@pytest.mark.parametrize(
    "task", [Task(), Task(external_dag_id="up"), Task(external_dag_id="up", external_dates_filter=None)]
)
def test_what_is_no_sensor_or_has_no_date_waits_for_nothing(task):
    assert links.awaited(task, None) is None


def test_assets_are_those_with_a_uri():
    given = [SimpleNamespace(uri="s3://x"), SimpleNamespace(name="an alias"), "text"]
    assert links.asset_uses(given, Access.READ) == (AssetUse("s3://x", Access.READ),)
    assert links.asset_uses(None, Access.READ) == ()
