"""How commands end: an exit code, and one clear line on standard error."""

import sqlite3
from contextlib import closing

import pytest

from datatracing.model.states import State
from tests.sample_runs import NIGHT, Story

REFUSED = [
    (2, ["trace", "orders"], "'orders' is not a run: give a trace id"),
    (2, ["trace"], "Missing argument 'RUN'"),
    (2, ["nothing"], "No such command 'nothing'"),
    (2, ["runs", "--colour"], "No such option: --colour"),
    (2, ["runs", "--limit", "0"], "--limit"),
    (2, ["runs", "--since", "yesterday"], "'yesterday' is not a time"),
    (2, ["runs", "--slower-than", "long"], "'long' is not a duration"),
    (2, ["runs", "--state", "broken"], "state 'broken' is not known"),
    (2, ["runs", "--cursor", "AAAA"], "cursor"),
    (2, ["db", "check", "--store", "https://host/datatracing"], "a collector, which looks after its own tables"),
    (2, ["runs", "--store", "mysql://host/db"], "'mysql' is not a kind of store"),
    (3, ["runs", "--store", "http://127.0.0.1:1"], "does not answer"),
    (4, ["trace", "ab" * 16], "no run with the trace id"),
    (4, ["trace", "airflow:orders/missing"], "no run airflow:orders/missing is stored"),
    (4, ["why", "ab" * 16], "is not stored: the store holds no run at all"),
]


@pytest.mark.parametrize(("code", "arguments", "says"), REFUSED)
def test_what_cannot_be_done_ends_with_its_code_and_one_line(store, datatracing, code, arguments, says):
    answer = datatracing(*arguments)

    assert answer.code == code
    assert answer.err.startswith("datatracing: ")
    assert says in answer.err
    assert answer.err.count("\n") == 1


def test_each_command_names_its_store_and_who_said_so(home, datatracing, monkeypatch):
    default = f"store sqlite:///{home}/.local/share/datatracing/traces.db (the default)\n"
    assert datatracing("db", "upgrade").store == default
    assert [datatracing(*each).store for each in (["runs"], ["runs", "--json"], ["why", "ab" * 16])] == [default] * 3
    file = home / "airflow.cfg"
    file.write_text(f"[datatracing]\nstore = sqlite:///{home}/a.db\n")
    monkeypatch.setenv("AIRFLOW_HOME", str(home))
    from_file = f"store sqlite:///{home}/a.db (from store in [datatracing] of {file})\n"
    assert [datatracing(*each).store for each in (["db", "upgrade"], ["runs"], ["doctor"])] == [from_file] * 3
    monkeypatch.setenv("AIRFLOW__DATATRACING__STORE", f"sqlite:///{home}/b.db")
    assert datatracing("runs").store == f"store sqlite:///{home}/b.db (from AIRFLOW__DATATRACING__STORE)\n"
    assert datatracing("runs", "--store", "sqlite:////c.db").store == "store sqlite:////c.db (from --store)\n"


def test_a_configuration_that_cannot_be_read_is_an_error_and_not_the_default_store(home, datatracing):
    (home / "airflow.cfg").write_text("[datatracing\nstore = sqlite:////x.db\n")
    answer = datatracing("runs", AIRFLOW_HOME=str(home))
    assert (answer.code, answer.err.count("\n"), answer.store) == (2, 1, "")
    assert f"{home}/airflow.cfg cannot be read" in answer.err


def test_with_nothing_set_the_default_store_says_how_to_make_it(home, datatracing):
    assert "datatracing db upgrade" in datatracing("runs").err
    assert datatracing("db", "upgrade").code == 0
    assert datatracing("runs").out == "no run matches\n"


def test_a_store_that_has_no_tables_says_how_to_make_them(home, datatracing):
    answer = datatracing("runs", "--store", f"sqlite:///{home}/nothing.db")

    assert answer.code == 3
    assert "datatracing db upgrade" in answer.err


def test_a_store_of_a_newer_version_says_which_host_to_upgrade(store, home, datatracing):
    with closing(sqlite3.connect(home / "traces.db")) as file, file:
        file.execute("UPDATE datatracing_alembic_version SET version_num = '9999'")

    for command in (["runs"], ["why", "ab" * 16], ["db", "check"], ["db", "upgrade"]):
        answer = datatracing(*command)
        assert (answer.code, answer.err.count("\n")) == (3, 1)
        assert "upgrade datatracing on this host" in answer.err


def test_a_setting_that_does_not_fit_is_named(store, datatracing, monkeypatch):
    monkeypatch.setenv("DATATRACING_SAMPLE_RATE", "often")
    answer = datatracing("runs")
    assert (answer.code, answer.out) == (2, "")
    assert "DATATRACING_SAMPLE_RATE does not fit" in answer.err


def test_an_error_repeats_hostile_text_only_written_out(store, datatracing):
    answer = datatracing("trace", "airflow:a/\x1b[2J\u202e\n[red]x")

    assert answer.code == 4
    assert "\x1b" not in answer.err
    assert "\\x1b[2J\\u202e\\n[red]x" in answer.err
    assert answer.err.count("\n") == 1


def test_a_name_in_two_namespaces_names_both(store, datatracing):
    from dataclasses import replace

    for namespace in ("default", "staging"):
        Story(replace(NIGHT, namespace=namespace)).begun().sealed(store, State.SUCCESS, 1)

    answer = datatracing("trace", f"airflow:{NIGHT.pipeline}/{NIGHT.run_id}")

    assert answer.code == 2
    assert "(namespace default)" in answer.err
    assert "(namespace staging)" in answer.err


def test_help_lists_the_commands_and_nothing_at_all_is_a_plea_for_help(datatracing):
    asked, silent = datatracing("--help"), datatracing()

    assert asked.code == silent.code == 0
    assert silent.out == asked.out
    for command in ("runs", "trace", "why", "doctor", "serve", "demo", "spool", "db"):
        assert f" {command} " in asked.out


def test_the_version_is_the_distributions(datatracing):
    from importlib.metadata import version

    assert datatracing("--version").out == f"datatracing {version('datatracing')}\n"


def test_db_upgrade_makes_the_tables_and_may_be_run_again(home, datatracing):
    url = f"sqlite:///{home}/new.db"

    assert datatracing("db", "check", "--store", url).code == 3
    assert datatracing("db", "upgrade", "--store", url).out.startswith("upgraded from nothing to revision ")
    assert datatracing("db", "upgrade", "--store", url).out.startswith("nothing to do: ")
    assert datatracing("db", "check", "--store", url).out.startswith("ok: ")
