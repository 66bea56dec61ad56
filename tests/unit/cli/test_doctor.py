"""`doctor` and `spool`: looking after one host."""

import json

from datatracing.capture import CaptureSettings, Recorder
from datatracing.model.event import EventKind
from tests.sample_runs import NIGHT


def spooled(directory):
    recorder = Recorder(CaptureSettings(store="", spool_dir=directory))
    recorder.emit(EventKind.STARTED, NIGHT)
    recorder.close()


def test_a_host_in_order_is_all_ok(store, datatracing):
    answer = datatracing("doctor")

    assert (answer.code, answer.err) == (0, "")
    assert all(line.startswith(("✔ ok  ", "   ")) for line in answer.out.splitlines())


def test_a_store_without_tables_is_a_problem_with_advice_and_exit_1(home, datatracing):
    answer = datatracing("doctor", "--store", f"sqlite:///{home}/nothing.db")

    assert answer.code == 1
    assert "✘ problem" in answer.out
    assert "datatracing db upgrade" in answer.out


def test_an_address_that_is_no_store_is_a_finding_and_no_crash(home, datatracing):
    assert datatracing("doctor", "--store", "mysql://x").code == 1


def test_doctor_as_json_says_the_same(store, datatracing):
    document = json.loads(datatracing("doctor", "--json").out)

    assert document["ok"] is True
    names = [finding["name"] for finding in document["findings"]]
    assert names[:6] == ["version", "store", "store disk", "runs", "namespace", "ledger"]


def test_a_password_in_the_stores_url_is_never_shown(home, datatracing):
    url = "postgresql+psycopg://me:hunter2@127.0.0.1:1/traces"

    for command in (["doctor"], ["runs"], ["db", "check"], ["why", "ab" * 16]):
        answer = datatracing(*command, "--store", url)
        assert answer.code in {1, 3}
        assert "hunter2" not in answer.out + answer.err


def test_spool_status_counts_what_waits(store, home, datatracing):
    spooled(home / "spool")

    assert "waiting: 1 event in 1 file," in datatracing("spool", "status").out
    document = json.loads(datatracing("spool", "status", "--json").out)
    assert [(file["owner"], file["events"]) for file in document["files"]] == [("dead", 1)]


def test_spool_ship_sends_what_the_dead_have_left(store, home, datatracing):
    spooled(home / "spool")

    assert json.loads(datatracing("spool", "ship", "--json").out)["accepted"] == 1
    assert datatracing("spool", "status").out.endswith("nothing waits\n")
    store.sweep()
    assert store.trace(NIGHT.trace_id)["run"]["state"] == "running"


def test_spool_ship_to_a_store_that_is_away_keeps_everything_and_ends_with_3(home, datatracing):
    spooled(home / "spool")

    answer = datatracing("spool", "ship", "--store", "http://127.0.0.1:1")

    assert answer.code == 3
    assert "waiting: 1 event in 1 file," in datatracing("spool", "status").out
