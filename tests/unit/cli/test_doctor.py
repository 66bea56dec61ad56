"""`doctor` and `spool`: looking after one host."""

import json

from datatracing.capture import CaptureSettings, Recorder
from datatracing.model.event import EventKind, Statement
from tests.sample_runs import NIGHT


def spooled(directory):
    recorder = Recorder(CaptureSettings(store="", spool_dir=directory))
    recorder.say(Statement(EventKind.STARTED, NIGHT))
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
    assert names[:6] == ["version", "one store", "store", "store disk", "runs", "namespace"]


def test_a_password_in_the_stores_url_is_never_shown(home, datatracing):
    url = "postgresql+psycopg://me:hunter2@127.0.0.1:1/traces"

    for command in (["doctor"], ["runs"], ["db", "check"], ["why", "ab" * 16]):
        answer = datatracing(*command, "--store", url)
        assert answer.code in {1, 3}
        assert "hunter2" not in answer.out + answer.err + answer.store
        assert answer.store == "store postgresql://me:***@127.0.0.1:1/traces (from --store)\n"


def test_a_store_of_the_plugin_that_commands_do_not_use_is_a_problem_that_names_both_places(store, home, datatracing):
    file = home / "airflow.cfg"
    file.write_text(f"[datatracing]\nstore = sqlite:///{home}/other.db\n")
    answer = datatracing("doctor", AIRFLOW_HOME=str(home))

    assert answer.code == 1
    says = f"DATATRACING_STORE says sqlite:///{home}/traces.db, but store in [datatracing] of {file} says"
    assert f"✘ problem  one store         {says} sqlite:///{home}/other.db" in answer.out


def test_the_same_store_in_two_places_is_in_order(store, home, datatracing):
    (home / "airflow.cfg").write_text(f"[datatracing]\nstore = SQLite:///{home}/./traces.db\n")
    assert datatracing("doctor", AIRFLOW_HOME=str(home)).code == 0


def test_another_store_than_the_hosts_own_is_not_all_that_there_is_to_look_at(store, home, datatracing):
    answer = datatracing("doctor", "--store", f"sqlite:///{home}/other.db")
    assert f"--store says sqlite:///{home}/other.db, but DATATRACING_STORE says" in answer.out


def test_a_path_that_means_another_file_in_every_directory_is_a_problem(home, datatracing, monkeypatch):
    monkeypatch.chdir(home)
    monkeypatch.setenv("DATATRACING_STORE", "sqlite:///traces.db")
    assert datatracing("db", "upgrade").code == 0
    assert f"write it as sqlite:///{home}/traces.db" in datatracing("doctor").out


def test_spool_status_counts_what_waits(store, home, datatracing):
    spooled(home / "spool")

    assert "waiting: 1 event in 1 file," in datatracing("spool", "status").out
    document = json.loads(datatracing("spool", "status", "--json").out)
    assert [(file["owner"], file["events"]) for file in document["files"]] == [("dead", 1)]


def test_spool_ship_sends_what_the_dead_have_left(store, home, datatracing):
    spooled(home / "spool")

    assert json.loads(datatracing("spool", "ship", "--json").out)["delivered"] == 1
    assert datatracing("spool", "status").out.endswith("nothing waits\n")
    store.sweep()
    assert store.trace(NIGHT.trace_id)["run"]["state"] == "running"


def test_spool_ship_to_a_store_that_is_away_keeps_everything_and_ends_with_3(home, datatracing):
    spooled(home / "spool")

    answer = datatracing("spool", "ship", "--store", "http://127.0.0.1:1")

    assert answer.code == 3
    assert "waiting: 1 event in 1 file," in datatracing("spool", "status").out
