"""Manifests from the rows that a real Airflow has written, through its own functions where they bring a run there."""

from pathlib import Path

import pytest

from datatracing.model import codec
from datatracing.model.link import Dependency, Direction, LinkKind
from datatracing.model.manifest import Manifest
from datatracing.model.states import State
from tests.integration.airflow.stage import play, stage

pytestmark = pytest.mark.xdist_group("airflow-rows")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory, blank: Path):
    folder = tmp_path_factory.mktemp("rows")
    return play(stage(folder, blank, "rows.py", {}), "rows", folder)


def manifest(plain) -> Manifest:
    return codec.from_plain(Manifest, plain)


def seen(read: Manifest):
    return {attempt.key.name: (attempt.state, attempt.raw_state, attempt.reports) for attempt in read.attempts}


def test_an_executed_run_is_all_there(scenes):
    read = manifest(scenes["executed"])
    assert seen(read) == dict.fromkeys(("one", "two"), (State.SUCCESS, "success", True))
    assert (read.state, read.raw_state) == (State.SUCCESS, "success")
    assert read.dependencies == (Dependency("one", "two"),)
    assert read.attributes["airflow.tags"] == ["rows"]
    assert read.attributes["airflow.logical_date"] == "2026-01-02T00:00:00.000000Z"


def test_law_4_a_task_that_was_cleared_and_never_ran_again_is_two_attempts(scenes):
    read = manifest(scenes["cleared"])
    assert seen(read) == {
        "one": (State.SUCCESS, "success", True),
        "two": (State.SUCCESS, "success", True),
        "two #2": (State.UPSTREAM_FAILED, "upstream_failed", False),
    }
    assert read.attributes["airflow.clear_number"] == 1


def test_a_run_that_was_cleared_began_with_its_first_task(scenes):
    read = manifest(scenes["cleared"])
    assert read.times.started_at == min(each.times.started_at for each in read.attempts if each.times.started_at)


def test_law_4_tasks_of_a_deadlock_are_there_and_cancelled(scenes):
    read = manifest(scenes["deadlocked"])
    assert seen(read) == dict.fromkeys(("one", "two"), (State.CANCELLED, "none", False))


def test_a_run_marked_failed_by_hand_says_what_airflow_made_of_its_tasks(scenes):
    read = manifest(scenes["marked_failed"])
    assert seen(read) == {"one": (State.FAILED, "failed", True), "two": (State.SKIPPED, "skipped", False)}


def test_a_task_that_has_vanished_from_the_dag_keeps_its_edges(scenes):
    before, after = map(manifest, scenes["versions"])
    assert set(before.dependencies) == {Dependency("a", "b"), Dependency("b", "c")}
    assert set(after.dependencies) == {Dependency("a", "c")}


def test_a_run_whose_dag_can_no_longer_be_read_is_completed_without_edges(scenes):
    read = manifest(scenes["unreadable_dag"])
    assert seen(read) == {"write": (State.SUCCESS, "success", True)}
    assert read.dependencies == ()


def test_an_asset_joins_the_run_that_wrote_it_and_the_run_it_started(scenes):
    writer, reader = map(manifest, scenes["asset_triggered"])
    (use,) = writer.attempts[0].assets
    (link,) = reader.links
    assert (link.kind, link.direction, link.run) == (LinkKind.ASSET, Direction.UP, writer.run)
    assert use.uri in link.evidence


def test_a_backfill_is_what_its_runs_have_in_common(scenes):
    (link,) = manifest(scenes["backfilled"]).links
    assert (link.kind, link.direction) == (LinkKind.BACKFILL_OF, Direction.UP)
    assert (link.run.pipeline, link.run.run_id) == ("chain", "backfill:1")


def test_the_trace_ids_that_airflow_gave_a_run_are_aliases_those_before_a_clear_too(scenes):
    assert manifest(scenes["carried"]).aliases == ("a" * 32, "b" * 32)


def test_a_triggered_run_is_known_without_any_event(scenes):
    (link,) = manifest(scenes["triggered"]).links
    assert (link.kind, link.direction) == (LinkKind.TRIGGERED, Direction.DOWN)
    assert (link.run.pipeline, link.run.run_id) == ("chain", "sent")


def test_300_task_instances_take_as_many_queries_as_2(scenes):
    assert scenes["queries"]["attempts"] == [2, 300]
    few, many = scenes["queries"]["statements"]
    assert few == many


def test_a_run_is_completed_when_airflow_calls_it_over_and_not_before(scenes):
    over, running, deleted = scenes["completion"]["done"]
    assert (over, running, deleted) == (True, False, True)
    assert scenes["completion"]["stored"] == [["success", 0], None, None]


def test_what_nobody_announced_is_found_and_stored_once(scenes):
    found = scenes["reconciled"]
    assert found["at first"]
    assert found["stored"] == []
    assert found["stored twice"] == found["completed again"] == ["success", 0]


def test_a_run_that_ends_again_is_found_again_and_one_that_was_only_cleared_is_not(scenes):
    found = scenes["reconciled"]
    assert found["cleared"] == []
    assert found["ended again"]
    assert found["marked"]
    assert found["in the end"] == [[], ["failed", 2]]


def test_law6_a_run_that_has_been_deleted_ends_and_is_not_open_for_ever(scenes):
    found = scenes["deleted"]
    assert found["while both are there"] == []
    assert found["is found"]
    assert (found["is completed"], found["then"]) == ([True], [])
    assert found["states"] == ["running", "removed"]
    assert found["spans"] == ["removed", "lost"]


def test_runs_from_before_the_look_back_are_left_alone(scenes):
    assert scenes["looked_back"] == 0


def test_law_1_no_hook_asks_the_database_not_even_for_a_row_that_has_expired(scenes):
    assert scenes["rows_in_hooks"]["queries"] == []
    assert scenes["rows_in_hooks"]["counters"]["caught.airflow.run"] == 1
    assert scenes["rows_in_hooks"]["counters"]["caught.airflow.failed"] == 1


def test_what_scheduler_and_api_server_say_is_told_by_whom(scenes):
    (root, killed), (_, marked) = (each["spans"] for each in scenes["rows_in_hooks"]["documents"])
    assert (root["state"], root["attributes"]["airflow.end_reason"]) == ("failed", "task_failure")
    assert (killed["task"], killed["state"], killed["attributes"]["airflow.ended_by"]) == ("one", "failed", "scheduler")
    assert killed["error"]["message"] == "heartbeat timeout"
    assert (marked["task"], marked["state"], marked["attributes"]["airflow.ended_by"]) == ("two", "success", "api")


def test_law_7_the_conf_of_a_run_is_redacted(scenes):
    root = scenes["rows_in_hooks"]["documents"][0]["spans"][0]
    assert root["attributes"]["airflow.conf"] == {"password": "***"}


def test_a_task_marked_by_hand_and_the_end_of_a_run_are_announced(scenes):
    assert scenes["rows_in_hooks"]["announced"] == 2
