"""dag.test() in one process with the plugin installed: what hooks see of a real task, and what trace comes of it."""

import time
from pathlib import Path

import pytest

from datatracing import connect
from datatracing.model.run import RunRef, SpanKey
from datatracing_airflow.states import RUN_STATES, TASK_STATES
from tests import agents
from tests.airflow_rig.reading import Reading, settled, unsealed
from tests.integration.airflow.direct.play import CONF
from tests.integration.airflow.stage import play, stage

pytestmark = pytest.mark.xdist_group("airflow-direct")

SEALED = 30.0
"""Seconds. Two are enough on an idle machine; see test_dags_test.py."""
API_KEY = "sk-very-secret-42"


class Played:
    """What the program wrote, and the traces in the store after it has ended."""

    def __init__(self, written, store: str) -> None:
        self.written = written
        self.connection = connect(store, migrate=True)

    def run(self, dag_id: str) -> RunRef:
        return RunRef("airflow", "default", dag_id, self.written["runs"][dag_id]["run_id"])

    def trace(self, dag_id: str):
        return self.connection.trace(self.run(dag_id).trace_id)

    def spans(self, dag_id: str):
        """Those of tasks, by the name of their attempt."""
        spans = self.trace(dag_id)["spans"][1:]
        return {SpanKey(span["task"], span["map_index"], span["attempt"]).name: span for span in spans}

    def states(self, dag_id: str):
        return {name: span["state"] for name, span in self.spans(dag_id).items()}

    def links(self, dag_id: str):
        return {(link["kind"], link["direction"], link["run"]) for link in self.trace(dag_id)["links"]}


@pytest.fixture(scope="module")
def played(tmp_path_factory, blank: Path):
    folder = tmp_path_factory.mktemp("direct")
    store = f"sqlite:///{folder}/traces.db"
    settings = {
        "AIRFLOW__DATATRACING__STORE": store,
        "AIRFLOW__DATATRACING__SPOOL_DIR": str(folder / "spool"),
        "AIRFLOW_VAR_THE_API_KEY": API_KEY,
    }
    home = stage(folder, blank, "direct.py", settings)
    found = Played(play(home, "play", home.dags / "direct.py"), store)
    ended = time.monotonic()
    runs = [found.run(dag_id).name for dag_id in found.written["runs"]]
    assert settled(lambda: unsealed(Reading(found.connection), runs), SEALED) == []
    found.after = time.monotonic() - ended
    agents.end(home.spool)
    yield found
    found.connection.close()


def test_the_traces_are_there_when_the_program_has_ended_and_it_did_not_wait_for_them(played, record_property):
    record_property("seconds from the program's end to its last trace", played.after)
    assert played.after < SEALED


def test_law1_the_program_has_no_thread_of_ours_and_nothing_of_the_store_is_open(played):
    assert played.written["threads"] == []
    assert [held for held in played.written["held"] if "traces.db" in held] == []


def test_every_run_is_sealed_and_complete_when_the_process_has_ended(played):
    for dag_id in played.written["runs"]:
        run = played.trace(dag_id)["run"]
        assert run["verdict"] is not None, dag_id
        assert run["completeness"]["missing"] == [], dag_id
        assert run["completeness"]["status"] == "complete", dag_id


def test_law_4_every_task_instance_of_airflows_is_a_span_in_its_state(played):
    for dag_id, told in played.written["runs"].items():
        last = {}
        for span in played.trace(dag_id)["spans"][1:]:
            last[f"{span['task']}[{span['map_index']}]"] = span["raw_state"]
        assert last == told["states"], dag_id
        assert played.trace(dag_id)["run"]["state"] == told["state"]


def test_law_4_what_no_hook_told_of_comes_from_airflows_record(played):
    spans = played.spans("broken")
    assert {name: spans[name]["source"] for name in ("caused", "never", "nothing")} == {
        "caused": "both",
        "never": "metadata",
        "nothing": "metadata",
    }


def test_law_2_every_id_is_a_pure_function_of_airflows_own_ids(played):
    for dag_id in played.written["runs"]:
        run = played.run(dag_id)
        for name, span in played.spans(dag_id).items():
            key = SpanKey(span["task"], span["map_index"], span["attempt"])
            assert span["span_id"] == key.span_id(run.trace_id), name


def test_law_1_no_hook_asks_airflows_database(played):
    assert played.written["queries"] == []


def test_every_word_of_this_airflow_has_one_of_ours(played):
    tasks, runs = played.written["words"]
    assert set(tasks) <= TASK_STATES.keys()
    assert set(runs) <= RUN_STATES.keys()


def test_a_retry_is_two_attempts_and_the_error_belongs_to_the_first(played):
    first, second = played.spans("shop")["flaky"], played.spans("shop")["flaky #2"]
    assert (first["state"], first["raw_state"], second["state"]) == ("retried", "failed", "success")
    assert first["error"]["type"] == "ValueError"
    assert second["error"] is None


def test_law_7_neither_an_error_nor_a_conf_tells_a_secret(played):
    root = played.trace("shop")["spans"][0]
    assert root["attributes"]["airflow.conf"] == {**CONF, "password": "***"}
    assert "opensesame123" not in str(played.trace("shop"))


def test_law_7_what_airflow_itself_would_mask_in_a_log_is_masked(played):
    error = played.spans("secretive")["tell"]["error"]
    assert error["message"] == "refused: ***"
    assert API_KEY not in error["stacktrace"]


def test_a_task_says_what_it_is(played):
    attributes = played.spans("shop")["flaky"]["attributes"]
    expected = {
        "airflow.operator": "@task",
        "airflow.owner": "ann",
        "airflow.pool": "default_pool",
        "airflow.queue": "slow",
        "airflow.trigger_rule": "all_success",
        "airflow.max_tries": 1,
        "airflow.tags": ["nightly", "shop"],
    }
    assert {name: attributes.get(name) for name in expected} == expected
    assert attributes["airflow.hostname"]


def test_a_mapped_instance_bears_the_label_that_its_author_gave_it(played):
    spans = played.spans("shop")
    labels = [spans[f"each[{index}]"]["attributes"]["airflow.rendered_map_index"] for index in (0, 1)]
    assert labels == ["row 1", "row 2"]


def test_a_run_says_how_it_came_about(played):
    attributes = played.trace("shop")["spans"][0]["attributes"]
    assert attributes["airflow.run_type"] == "manual"
    assert attributes["airflow.triggered_by"] == "test"
    assert attributes["airflow.logical_date"] == "2026-01-02T00:00:00.000000Z"
    assert attributes["airflow.owner"] == "ann"


def test_an_error_says_where_it_was_raised_and_what_caused_it(played):
    error = played.spans("broken")["caused"]["error"]
    assert (error["type"], error["message"]) == ("RuntimeError", "the effect")
    assert "the cause" in error["stacktrace"]
    assert "in caused" in error["stacktrace"]


def test_law_1_an_error_that_cannot_say_what_it_is_is_told_all_the_same(played):
    error = played.spans("broken")["unreadable"]["error"]
    assert error["type"].endswith("UnreadableError")
    assert error["message"] == "the message cannot be read: RuntimeError"


def test_a_deep_traceback_keeps_its_end(played):
    error = played.spans("broken")["deep"]["error"]
    assert error["type"] == "ZeroDivisionError"
    assert error["stacktrace"].endswith("ZeroDivisionError: division by zero\n")


def test_a_run_knows_the_runs_it_triggered_and_not_the_one_that_was_there_already(played):
    found = sorted(run for kind, direction, run in played.links("parent") if (kind, direction) == ("triggered", "down"))
    chosen, generated, taken = found
    assert (chosen, taken) == ("airflow:plain/chosen by parent", "airflow:plain/taken")
    assert generated.startswith("airflow:plain/manual__")
    assert played.states("parent")["too_late"] == "skipped"
    evidence = {link["evidence"] for link in played.trace("parent")["links"] if link["run"] == taken}
    assert evidence == {"task takes triggered it"}


def test_a_sensor_leads_to_the_run_it_waited_for_and_only_to_one_that_is_there(played):
    assert played.links("waiter") == {("waited_for", "up", played.run("shop").name)}
    assert ("waited_for", "down", played.run("waiter").name) in played.links("shop")
    waits = played.spans("waiter")["day_before"]["attributes"]["airflow.waits_for"]
    assert waits == {"dag_id": "shop", "logical_dates": ["2026-01-01T00:00:00+00:00"]}


def test_a_traceparent_in_the_conf_leads_to_the_trace_of_the_caller(played):
    (link,) = (link for link in played.trace("shop")["links"] if link["kind"] == "propagated")
    assert link["trace_id"] == CONF["traceparent"].split("-")[1]
    assert link["direction"] == "up"


def test_a_deferred_task_is_one_attempt(played):
    assert played.states("patient") == {"patient": "success"}


def test_instances_of_a_mapped_group_depend_on_their_own_index(played):
    spans = played.spans("grouped")
    for index in (0, 1):
        assert spans[f"pair.second[{index}]"]["depends_on"] == [spans[f"pair.first[{index}]"]["span_id"]]
    both = [spans[f"pair.second[{index}]"]["span_id"] for index in (0, 1)]
    assert set(both) <= set(spans["collect"]["depends_on"])


def test_setup_and_teardown_are_edges_like_any_other(played):
    spans = played.spans("grouped")
    depends_on = set(spans["destroy"]["depends_on"])
    assert {spans["create"]["span_id"], spans["collect"]["span_id"]} <= depends_on
    assert spans["create"]["span_id"] in spans["pair.first[0]"]["depends_on"]
