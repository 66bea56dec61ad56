"""`datatracing dagster watch`, for people who run no daemon."""

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from datatracing.cli.app import run
from datatracing.connection import connect
from datatracing.errors import NotFoundError
from tests.airflow_rig.gate import Gate
from tests.bench.outages import refused
from tests.dagster_rig.home import REPOSITORY, Home

pytestmark = pytest.mark.xdist_group("dagster-steps")


@pytest.fixture
def furnished(tmp_path):
    """A function that gives an instance with no runs, over this store."""

    def furnish(store):
        settings = {"DATATRACING_STORE": store, "DATATRACING_SPOOL_DIR": str(tmp_path / "spool")}
        return Home(tmp_path / "dagster", settings).furnish()

    return furnish


@contextmanager
def watching(home, *words):
    """The command without --once, in the background; it is told to end as people do."""
    command = [str(Path(sys.executable).with_name("datatracing")), "dagster", "watch", *words]
    with subprocess.Popen(command, env=home.environment, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.said = process.communicate(timeout=30)[1]


def arrives(store, run_id, seconds=60):
    connection = connect(store)
    try:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                document = connection.trace(run_id.replace("-", ""))["run"]
            except NotFoundError:
                document = {"verdict": None}
            if document["verdict"] is not None:
                return document
            time.sleep(0.3)
    finally:
        connection.close()
    raise AssertionError(f"{run_id} was not stored within {seconds} s")


def test_it_stores_what_ends_and_outlives_an_outage_of_the_store(furnished, postgres_url, postgres_server):
    gate = Gate(postgres_server.data / ".s.PGSQL.5432")
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    home = furnished(f"postgresql+psycopg://postgres@127.0.0.1:{gate.port}/{name}")
    home.play("in_process")  # two processes that make Dagster's tables at the same time are in each other's way
    try:
        with watching(home, "--interval", "0.3") as process:
            first = home.play("in_process", "success_chain")["success_chain"]
            assert arrives(postgres_url, first)["revision"] == 0
            gate.refuse()
            second = home.play("in_process", "failed_chain")["failed_chain"]
            time.sleep(1)
            gate.open()
            assert arrives(postgres_url, second)["revision"] == 0
        assert "DataTracing goes on later: " in process.said
        assert "1 runs completed" in process.said  # of the second it may be told to end before it has said so
    finally:
        gate.close()


def test_once_catches_up_and_goes_on_there_the_next_time(furnished, sqlite_url):
    home = furnished(sqlite_url)
    home.play("in_process", "success_chain", "failed_chain")
    assert [home.datatracing("dagster", "watch", "--once").strip() for _ in range(2)] == [
        "2 runs completed",
        "0 runs completed",
    ]
    assert {each["revision"] for each in json.loads(home.datatracing("runs", "--json"))["runs"]} == {0}


def test_a_store_that_does_not_answer_is_said_in_a_line(furnished, monkeypatch, capsys):
    with refused() as store:
        home = furnished(store)
        for name, value in (*home.settings.items(), ("DAGSTER_HOME", str(home.folder))):
            monkeypatch.setenv(name, value)
        assert run(["dagster", "watch", "--once"]) == 3
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize("place", ["", "/nowhere/at/all"])
def test_without_an_instance_it_says_what_to_set(monkeypatch, capsys, place):
    monkeypatch.setenv("DAGSTER_HOME", place)
    assert run(["dagster", "watch", "--once"]) == 2
    assert "set DAGSTER_HOME" in capsys.readouterr().err
