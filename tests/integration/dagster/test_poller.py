"""The watcher on a real Dagster: nothing is lost and nothing comes twice, whatever is broken around it."""

import json
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from datatracing_dagster.cursors import TRIES
from datatracing_dagster.trace_link import TAG
from tests.conformance.check import unbalanced
from tests.dagster_rig.watching import Tracing

pytestmark = pytest.mark.xdist_group("dagster-links")


@dg.op
def nothing():
    pass


@dg.job
def quiet():
    nothing()


@pytest.fixture
def play(instance):
    """A function that plays so many runs and gives their ids, oldest first."""
    return lambda number=1: [quiet.execute_in_process(instance=instance).run_id for _ in range(number)]


@pytest.fixture
def another(instance, sqlite_url, tmp_path):
    """A function that makes further watchers into the store, with settings of their own."""
    made = []

    def make(**given):
        spool = str(tmp_path / "spool")
        made.append(Tracing(instance, {"store": sqlite_url, "spool_dir": spool, **given}))
        return made[-1]

    yield make
    for each in made:
        each.connection.close()


def numbers(instance, run_id):
    """Of the events that say that runs have ended, by run."""
    found = instance.fetch_run_status_changes(dg.DagsterEventType.RUN_SUCCESS, limit=1_000).records
    return {record.event_log_entry.run_id: record.storage_id for record in found}[run_id]


def epochs(tracing, runs):
    return [tracing.trace(run)["run"]["revision"] for run in runs]


def ledger(tracing, run):
    why = tracing.connection.why(run.replace("-", ""))
    return next(stage["facts"]["reasons"] for stage in why["stages"] if stage["stage"] == "books")


def test_a_run_is_stored_once(tracing, play):
    runs = play(3)
    assert [tracing.watch().completed for _ in range(3)] == [3, 0, 0]
    assert epochs(tracing, runs) == [0, 0, 0]


def test_law6_why_of_a_healthy_run_that_nobody_saw_open_names_no_problem(tracing, play):
    """Nothing of ours runs in a step of Dagster's, so silence is no news."""
    [run] = play()
    tracing.watch()
    why = tracing.connection.why(run.replace("-", ""))
    assert {stage["stage"]: stage["status"] for stage in why["stages"] if stage["status"] != "ok"} == {}


def test_a_watcher_that_starts_again_asks_the_store_and_reads_no_run_twice(tracing, another, play):
    runs = play(3)
    tracing.watch()
    again = another()
    again.cursor = tracing.cursor
    assert again.watch().completed == 0
    assert epochs(tracing, runs) == [0, 0, 0]


def test_a_run_whose_end_was_committed_after_a_later_one_is_found(tracing, another, play, instance):
    early, late = play(2)
    behind = another()
    behind.cursor = json.dumps({"seen": {"RUN_SUCCESS": numbers(instance, late)}, "since": time.time() - 60})
    assert numbers(instance, early) < numbers(instance, late)
    behind.watch()
    assert {behind.trace(run)["run"]["state"] for run in (early, late)} == {"success"}


def test_a_tick_ends_after_its_budget_and_the_next_one_goes_on(another, play):
    tracing, runs = another(), play(3)
    tracing.poller.settings = type(tracing.poller.settings)(tracing.poller.settings.all, budget=1e-9, look_back=0)
    tallies = [tracing.watch() for _ in range(4)]
    assert [tally.completed for tally in tallies[:3]] == [1, 1, 1]
    assert [tally.more for tally in tallies[:2]] == [True, True]
    assert epochs(tracing, runs) == [0, 0, 0]


def test_a_run_that_has_just_ended_waits_until_it_has_settled(another, play):
    tracing = another(settle_seconds=0.5)
    [run] = play()
    assert tracing.watch().completed == 0
    time.sleep(0.5)
    assert tracing.watch().completed == 1
    assert epochs(tracing, [run]) == [0]


@pytest.mark.parametrize(
    "cursor",
    ["", "{", "null", "7", '{"seen": 7}', '{"seen": {"RUN_SUCCESS": "x"}}', '{"again": [1]}', '{"since": "x"}'],
)
def test_a_cursor_that_is_none_begins_anew_and_nothing_comes_twice(another, play, cursor):
    tracing = another(look_back=3_600, budget=600.0)  # all that others have played in this hour, in one tick
    runs = play(2)
    tracing.watch()
    tracing.cursor = cursor
    assert tracing.watch().completed == 0
    [more] = play()
    assert tracing.watch().completed == 1
    assert epochs(tracing, [*runs, more]) == [0, 0, 0]


def test_a_run_that_was_deleted_meanwhile_is_let_go(tracing, play, instance):
    [run] = play()
    instance.delete_run(run)
    tracing.cursor = json.dumps({**json.loads(tracing.cursor), "again": {run: 1}})
    tally = tracing.watch()
    assert (tally.completed, tally.failed) == (0, 0)
    assert json.loads(tracing.cursor)["again"] == {}


@pytest.fixture
def own(tmp_path, sqlite_url):
    """An instance for one test, which may be harmed; a watcher for it; and its event logs: of a run, and of all."""
    (tmp_path / "own").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "own")) as instance:
        tracing = Tracing(instance, {"store": sqlite_url, "spool_dir": str(tmp_path / "spool")})
        tracing.logs = tmp_path / "own" / "history" / "runs"
        yield tracing
        tracing.connection.close()


def change(log: Path, statement: str, *values):
    with closing(sqlite3.connect(log)) as connection, connection:
        assert connection.execute(statement, values).rowcount


def test_an_event_of_a_kind_that_nobody_knows_is_left_unread(own):
    [run] = [quiet.execute_in_process(instance=own.instance).run_id]
    statement = (
        "INSERT INTO event_logs (run_id, event, dagster_event_type, timestamp, step_key) "
        "VALUES (?, '{}', 'RUN_TELEPORTED', CURRENT_TIMESTAMP, 'nothing')"
    )
    change(own.logs / f"{run}.db", statement, run)
    assert own.watch().failed == 0
    assert own.trace(run)["run"]["state"] == "success"


def test_a_run_that_cannot_be_read_holds_up_no_other_and_is_given_up_with_a_word_in_the_ledger(own):
    broken, whole = (quiet.execute_in_process(instance=own.instance).run_id for _ in range(2))
    statement = "UPDATE event_logs SET event = 'torn' WHERE dagster_event_type = 'STEP_START'"
    change(own.logs / f"{broken}.db", statement)
    tallies = [own.watch() for _ in range(TRIES + 2)]
    assert [tally.failed for tally in tallies] == [1] * TRIES + [0] * 2
    assert tallies[0].completed == 1
    assert epochs(own, [whole]) == [0]
    [entry] = ledger(own, broken)
    assert (entry["fate"], entry["count"]) == ("lost", 1)
    assert entry["reason"].startswith("the watcher could not read the run: ")
    shown = own.trace(broken)
    assert (shown["run"]["state"], shown["run"]["completeness"]["status"]) == ("success", "unknown")
    assert [span["level"] for span in shown["spans"]] == ["run"]


def test_a_run_that_can_be_read_again_is_whole(own):
    run = quiet.execute_in_process(instance=own.instance).run_id
    log = own.logs / f"{run}.db"
    change(log, "UPDATE event_logs SET event = 'torn' || event WHERE dagster_event_type = 'STEP_START'")
    assert own.watch().failed == 1
    change(log, "UPDATE event_logs SET event = substr(event, 5) WHERE dagster_event_type = 'STEP_START'")
    assert own.watch().completed == 1
    assert own.trace(run)["run"]["completeness"]["status"] == "complete"


def test_an_instance_that_was_wiped_counts_anew_and_its_runs_are_found(own):
    for _ in range(3):
        quiet.execute_in_process(instance=own.instance)
    own.watch()
    own.instance.wipe()
    # Later than the last tick: nothing has ever been wiped away that had not been stored.
    own.poller.settings = type(own.poller.settings)(own.poller.settings.all, look_back=3_600)
    run = quiet.execute_in_process(instance=own.instance).run_id
    assert own.watch().completed == 1
    assert epochs(own, [run]) == [0]


def test_an_end_from_a_clock_that_is_far_ahead_holds_up_no_other(own):
    ahead, whole = (quiet.execute_in_process(instance=own.instance).run_id for _ in range(2))
    statement = "UPDATE event_logs SET event = json_set(event, '$.timestamp', ?) WHERE run_id = ?"
    change(own.logs / "index.db", statement, time.time() + 86_400, ahead)
    own.watch()
    assert epochs(own, [ahead, whole]) == [0, 0]


def inside(instance, look):
    """Calls this function with the run's id in the middle of a run, and lets it end."""

    @dg.op
    def look_around(context):
        look(context.run_id)

    @dg.job
    def watched():
        look_around()

    return watched.execute_in_process(instance=instance).run_id


def test_a_run_that_goes_on_is_shown_as_running(tracing, instance):
    seen = []
    run = inside(instance, lambda run_id: (tracing.watch(), seen.append(tracing.trace(run_id)["run"])))
    assert (seen[0]["state"], seen[0]["verdict"]) == ("running", None)
    tracing.watch()
    assert tracing.trace(run)["run"]["state"] == "success"


def test_a_run_that_was_silent_for_too_long_and_ends_after_all_is_corrected(another, instance):
    patient, impatient = another(), another(stale=0.01)
    seen = []

    def be_silent(run_id):
        patient.watch()
        seen.append(patient.trace(run_id)["run"]["state"])
        time.sleep(0.1)
        tallies = [impatient.watch().completed for _ in range(2)]
        seen.append((patient.trace(run_id)["run"]["state"], tallies))

    run = inside(instance, be_silent)
    patient.watch()
    ended = patient.trace(run)["run"]
    assert [*seen, ended["state"]] == ["running", ("lost", [1, 0]), "success"]
    assert ended["revision"] == 1


def said_in(instance, run):
    """The addresses that were written into the run's log."""
    found = instance.get_records_for_run(run, of_type=dg.DagsterEventType.ENGINE_EVENT).records
    metadata = [record.event_log_entry.dagster_event.engine_event_data.metadata for record in found]
    return [each["trace"].value for each in metadata if "trace" in each]


def test_a_kept_run_gets_one_link_to_its_trace_in_its_log(another, play, instance):
    given = {"announce": True, "ui_url": "https://traces.example/datatracing/"}
    tracing, other, [run] = another(**given), another(**given), play()
    tracing.watch()
    other.connection.close()
    again = another(look_back=3_600, budget=600.0, **given)
    again.cursor = json.dumps({"again": {run: 1}})
    again.watch()
    assert said_in(instance, run) == [f"https://traces.example/datatracing/api/v1/traces/{run.replace('-', '')}"]
    assert instance.get_run_by_id(run).tags[TAG] == said_in(instance, run)[0]
    assert instance.get_run_by_id(run).status is dg.DagsterRunStatus.SUCCESS
    assert epochs(tracing, [run]) == [0]


@pytest.mark.parametrize(
    "given",
    [
        {"announce": True, "ui_url": ""},
        {"announce": False, "ui_url": "https://traces.example"},
        {"announce": True, "ui_url": "https://traces.example", "sample_rate": 0.0},
    ],
    ids=["no address", "not asked for", "not kept"],
)
def test_a_log_stays_as_it_is_otherwise(another, play, instance, given):
    tracing, [run] = another(**given), play()
    tracing.watch()
    assert said_in(instance, run) == []
    assert TAG not in instance.get_run_by_id(run).tags


def test_two_watchers_at_the_same_time_store_everything_once(another, play, instance):
    watchers = [another() for _ in range(3)]
    runs = play(8)
    together = threading.Barrier(3)
    threads = [threading.Thread(target=lambda each=each: (together.wait(), each.watch())) for each in watchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert epochs(watchers[0], runs) == [0] * 8
    for run in runs:
        why = watchers[0].connection.why(run.replace("-", ""))
        books = next(stage["facts"] for stage in why["stages"] if stage["stage"] == "books")
        assert unbalanced(books) == []
        assert len([span for span in watchers[0].trace(run)["spans"] if span["level"] == "task"]) == 1
