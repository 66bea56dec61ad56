"""What goes wrong around a real Airflow: its tasks do not notice, and its traces become whole when it is over."""

import json
import re
import uuid
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from tests.airflow_rig.api import Api
from tests.airflow_rig.cluster import Cluster
from tests.airflow_rig.command import datatracing, document, settled
from tests.airflow_rig.gate import Gate
from tests.airflow_rig.home import Home
from tests.airflow_rig.oracle import Oracle
from tests.airflow_rig.processes import Component
from tests.conformance.account import Account
from tests.conformance.check import unbalanced, untruths
from tests.postgres import _database

on_sqlite = pytest.mark.xdist_group("airflow-sqlite")
on_postgres = pytest.mark.xdist_group("airflow-postgres")

ENDS = {"success", "failed"}
TASKS = ["extract", "load", "transform"]
"""Of the success chain."""
BACK = 60.0
"""Seconds until a trace is whole after what was broken works again: the longest rest between two attempts."""


class Player:
    """Plays runs on a cluster, and says what is wrong with their traces."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.oracle = Oracle(cluster.home.database)
        self.log = cluster.components["scheduler"].log

    def trigger(self, dag: str = "success_chain") -> str:
        """A run of its own, by hand; its id."""
        run = f"fault.{uuid.uuid4().hex[:8]}"
        self.cluster.api.trigger(dag, run)
        return run

    def over(self, run: str, dag: str = "success_chain") -> Account:
        """The account of the run, which must be a success."""
        self.cluster.until(lambda: self.oracle.state(dag, run) in ENDS, f"{dag} {run} is over", 120)
        account = self.oracle.account(dag, run)
        assert account.state == "success"
        return account

    def play(self, dag: str = "success_chain") -> Account:
        """From its start to its end."""
        return self.over(self.trigger(dag), dag)

    def wrong(self, account: Account, home: Home | None = None) -> list[str]:
        """What the trace tells wrongly in the end, and what is missing in its books."""
        return settled(lambda: self._wrong(account, home or self.cluster.home), BACK)

    def sealed(self, account: Account, home: Home) -> bool:
        """Whether there is a verdict on the run."""
        shown = datatracing(home, "trace", account.name, "--json")
        return shown.returncode == 0 and json.loads(shown.stdout)["run"]["verdict"] is not None

    def _wrong(self, account: Account, home: Home) -> list[str]:
        shown = datatracing(home, "trace", account.name, "--json")
        if shown.returncode:
            return [shown.stderr]
        return untruths(json.loads(shown.stdout), account) + unbalanced(books(home, account))

    @contextmanager
    def scheduler(self, **changed: str):
        """A scheduler, and with it all tasks, with other settings of ours. The usual one is back afterwards."""
        home = replace(self.cluster.home, settings={**self.cluster.home.settings, **changed})
        self.cluster.restart("scheduler", home.settings)
        try:
            yield home
        finally:
            self.cluster.restart("scheduler")

    @contextmanager
    def said(self):
        """What the scheduler and its tasks wrote to their log during the block, in a list of one."""
        start, heard = self.log.stat().st_size, []
        yield heard
        with self.log.open("rb") as log:
            log.seek(start)
            heard.append(log.read().decode("utf-8", "replace"))


def books(home: Home, account: Account) -> dict:
    """Of a run, as `why` has them."""
    stages = document(home, "why", account.name)["stages"]
    return next(stage["facts"] for stage in stages if stage["stage"] == "books")


@pytest.fixture
def sqlite(sqlite_cluster):
    player = Player(sqlite_cluster)
    yield player
    player.oracle.close()


@pytest.fixture
def postgres(postgres_cluster):
    player = Player(postgres_cluster)
    yield player
    player.oracle.close()


def longest(account: Account) -> float:
    """Seconds of the longest attempt, from start to end."""
    return max((each.times.ended_at - each.times.started_at) / 1e6 for each in account.attempts)


@on_postgres
@pytest.mark.parametrize("how", ["refuse", "swallow"])
def test_a_store_that_is_away_for_a_whole_run_is_not_noticed_and_gets_everything_later(postgres, gate: Gate, how):
    usual = postgres.play()
    getattr(gate, how)()
    try:
        account = postgres.play()
        away = datatracing(postgres.cluster.home, "trace", account.name)
    finally:
        gate.open()
    assert away.returncode == 3
    assert longest(account) < longest(usual) + 5
    assert postgres.wrong(account) == []


@on_postgres
def test_two_schedulers_complete_the_same_runs_and_nothing_comes_twice(postgres):
    second = Component.start("scheduler", replace(postgres.cluster.home))
    try:
        postgres.cluster.until(lambda: postgres.oracle.schedulers() == 2, "two schedulers are at work", 60)
        runs = [(dag, postgres.trigger(dag)) for dag in ("success_chain", "mapped_group", "writes_asset")]
        accounts = [postgres.over(run, dag) for dag, run in runs]
        assert [postgres.wrong(account) for account in accounts] == [[]] * len(accounts)
    finally:
        second.stop()


@on_sqlite
def test_a_run_whose_scheduler_was_killed_before_it_could_tell_is_found_by_the_next_one(sqlite):
    with sqlite.said() as heard:
        account = sqlite.play()
        sqlite.cluster.components["scheduler"].kill()
        asked = datatracing(sqlite.cluster.home, "trace", account.name, "--json")
        sqlite.cluster.restart("scheduler")
    assert asked.returncode == 4 or json.loads(asked.stdout)["run"]["verdict"] is None, heard
    assert sqlite.wrong(account) == []


@on_sqlite
def test_a_store_of_no_known_kind_is_said_and_the_right_one_gets_everything_later(sqlite):
    with sqlite.said() as heard, sqlite.scheduler(DATATRACING_STORE="mysql://somewhere/traces"):
        account = sqlite.play()
    assert "'mysql://somewhere/traces' is not a store: set DATATRACING_STORE to sqlite:///path" in heard[0]
    assert sqlite.wrong(account) == []


@on_sqlite
def test_a_store_without_tables_gets_everything_once_they_are_made(sqlite, postgres_server, tmp_path):
    with (
        _database(postgres_server, "template0") as url,
        sqlite.said() as heard,
        sqlite.scheduler(DATATRACING_STORE=url, DATATRACING_SPOOL_DIR=f"{tmp_path}/spool") as home,
    ):
        account = sqlite.play()
        before = datatracing(home, "trace", account.name)
        assert datatracing(home, "db", "upgrade").returncode == 0
        assert sqlite.wrong(account, home) == []
    assert before.returncode == 3
    assert "datatracing db upgrade" in before.stderr
    assert "datatracing db upgrade" in heard[0]


@on_sqlite
@pytest.mark.parametrize("spool", ["unwritable", "full"])
def test_a_run_whose_events_could_not_be_kept_is_traced_from_airflows_record_and_says_what_is_missing(
    sqlite, tmp_path, spool
):
    (tmp_path / "file").touch()
    broken = {
        "unwritable": {"DATATRACING_SPOOL_DIR": f"{tmp_path}/file/spool"},
        "full": {"DATATRACING_SPOOL_DIR": f"{tmp_path}/spool", "DATATRACING_SPOOL_LIMIT": "1"},
    }
    with sqlite.scheduler(**broken[spool]) as home:
        account = sqlite.play()
        sqlite.cluster.until(lambda: sqlite.sealed(account, home), "the run is sealed", BACK)
        (partial,) = untruths(document(home, "trace", account.name), account)
        (lost,) = unbalanced(books(home, account))
    assert f"'captured': 0, 'missing': {TASKS}"[:-1] in partial
    assert re.fullmatch(r"\d+ events lost", lost)


@on_sqlite
def test_law_8_on_the_real_server_a_guest_sees_some_dags_and_a_stranger_none(sqlite):
    seen, hidden = sqlite.play("success_chain"), sqlite.play("nested_groups")
    assert sqlite.wrong(seen) + sqlite.wrong(hidden) == []
    admin, guest = (Api(sqlite.cluster.home.url, user).client for user in ("admin", "guest"))
    ids = [document(sqlite.cluster.home, "trace", account.name)["run"]["trace_id"] for account in (seen, hidden)]
    reads = [f"/datatracing/api/v1/traces/{each}{verb}" for each in ids for verb in ("", "/why")]
    assert [admin.get(path).status_code for path in reads] == [200] * 4
    assert [guest.get(path).status_code for path in reads] == [200, 200, 404, 404]
    listed = {run["pipeline"] for run in guest.get("/datatracing/api/v1/runs").json()["runs"]}
    assert listed <= set(sqlite.cluster.home.overrides["rig", "guest_dags"].split())
    strangers = [httpx.get(sqlite.cluster.home.url + path) for path in (*reads, "/datatracing/api/v1/runs")]
    assert {answer.status_code for answer in strangers} == {401}
    closed = [admin.get(f"/datatracing/{page}").status_code for page in ("docs", "redoc", "openapi.json")]
    assert closed == [404] * 3
    admin.close()
    guest.close()
