"""What goes wrong around a real Airflow: its tasks do not notice, and its traces become whole when it is over."""

import random
import re
import time
from contextlib import closing

import httpx
import pytest

from tests import agents
from tests.airflow_rig.api import Api
from tests.airflow_rig.command import datatracing
from tests.airflow_rig.player import BACK, ENDS, Player, sealed, whole
from tests.airflow_rig.processes import Component
from tests.airflow_rig.reading import Reading, reading, settled
from tests.conformance.account import Account
from tests.conformance.check import unbalanced, untruths
from tests.postgres import _database

on_sqlite = pytest.mark.xdist_group("airflow-sqlite")
on_postgres = pytest.mark.xdist_group("airflow-postgres")

TASKS = ["extract", "load", "transform"]
"""Of the success chain."""
SEVERAL = ("success_chain", "mapped_group", "branch_skip")


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


@pytest.fixture(scope="module")
def usual(postgres_cluster):
    """Seconds that the longest attempt takes when nothing is broken."""
    player = Player(postgres_cluster)
    yield longest(player.play())
    player.oracle.close()


@on_postgres
@pytest.mark.parametrize("how", ["refuse", "swallow"])
def test_a_store_that_is_away_for_a_whole_run_is_not_noticed_and_gets_everything_later(postgres, usual, gate, how):
    getattr(gate, how)()
    try:
        account = postgres.play()
        away = datatracing(postgres.home, "trace", account.name)
    finally:
        gate.open()
    assert away.returncode == 3
    assert longest(account) < usual + 5
    assert postgres.wrong(account, whole) == []


@on_postgres
def test_two_schedulers_complete_the_same_runs_and_nothing_comes_twice(postgres):
    second = Component.start("scheduler", postgres.home)
    try:
        postgres.cluster.until(lambda: postgres.oracle.schedulers() == 2, "two schedulers are at work", 60)
        runs = [(dag, postgres.trigger(dag)) for dag in SEVERAL]
        accounts = [postgres.over(run, dag) for dag, run in runs]
        assert [postgres.wrong(account, whole) for account in accounts] == [[]] * len(accounts)
    finally:
        second.stop()


@on_sqlite
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_law6_a_run_that_ends_just_before_its_scheduler_does_is_whole_without_another_one(sqlite, how):
    sqlite.scheduler_with()
    account = sqlite.play()
    getattr(sqlite.cluster.components["scheduler"], how)()
    try:
        assert sqlite.wrong(account, whole) == []
    finally:
        sqlite.cluster.restart("scheduler")


@on_sqlite
def test_law6_what_scheduler_and_agents_leave_when_all_are_killed_is_found_by_the_next_ones(sqlite):
    sqlite.scheduler_with()
    account = sqlite.play()
    sqlite.cluster.components["scheduler"].kill()
    assert agents.kill(sqlite.home.spool)
    with reading(sqlite.home) as store:
        assert sealed(store, account)
    sqlite.cluster.restart("scheduler")
    assert sqlite.wrong(account, whole) == []


@on_sqlite
def test_law6_agents_that_are_killed_again_and_again_lose_nothing_and_double_nothing(sqlite):
    sqlite.scheduler_with()
    runs, killed = [(dag, sqlite.trigger(dag)) for dag in SEVERAL], 0
    while not all(sqlite.oracle.state(dag, run) in ENDS for dag, run in runs):
        killed += agents.kill(sqlite.home.spool)
        time.sleep(random.uniform(0, 2))  # an agent is met wherever it is
    assert killed
    accounts = [sqlite.over(run, dag) for dag, run in runs]
    accounts.append(sqlite.play())  # whoever ends a run sees that there is an agent
    assert [sqlite.wrong(account, whole) for account in accounts] == [[]] * len(accounts)


@on_sqlite
def test_a_store_of_no_known_kind_is_said_and_the_right_one_gets_everything_later(sqlite, tmp_path):
    spool = {"DATATRACING_SPOOL_DIR": f"{tmp_path}/spool"}
    with sqlite.said() as heard:
        sqlite.scheduler_with(DATATRACING_STORE="mysql://somewhere/traces", **spool)
        account = sqlite.play()
    sqlite.scheduler_with(**spool)
    assert "'mysql' is not a kind of store: give sqlite:///PATH" in heard[0]
    assert "DataTracing failed" not in heard[0]
    assert sqlite.wrong(account, whole) == []


@on_sqlite
def test_law_8_on_the_real_server_a_guest_sees_some_dags_and_a_stranger_none(sqlite):
    sqlite.scheduler_with()
    seen, hidden = sqlite.play("success_chain"), sqlite.play("nested_groups")
    assert sqlite.wrong(seen, whole) + sqlite.wrong(hidden, whole) == []
    with reading(sqlite.home) as store:
        ids = [store.connection.find(account.name) for account in (seen, hidden)]
    reads = [f"/datatracing/api/v1/traces/{each}{verb}" for each in ids for verb in ("", "/why")]
    runs, url = "/datatracing/api/v1/runs", sqlite.home.url
    with closing(Api(url, "admin")) as admin, closing(Api(url, "guest")) as guest:
        assert [admin.client.get(path).status_code for path in reads] == [200] * 4
        assert [guest.client.get(path).status_code for path in reads] == [200, 200, 404, 404]
        listed = {run["pipeline"] for run in guest.client.get(runs).json()["runs"]}
        closed = [admin.client.get(f"/datatracing/{page}").status_code for page in ("docs", "redoc", "openapi.json")]
    assert "success_chain" in listed <= set(sqlite.home.overrides["rig", "guest_dags"].split())
    assert closed == [404] * 3
    assert {httpx.get(url + path).status_code for path in (*reads, runs)} == {401}


@on_sqlite
def test_a_store_without_tables_gets_everything_once_they_are_made(sqlite, postgres_server, tmp_path):
    with _database(postgres_server, "template0") as url:
        with sqlite.said() as heard:
            sqlite.scheduler_with(DATATRACING_STORE=url, DATATRACING_SPOOL_DIR=f"{tmp_path}/spool")
            account = sqlite.play()
        before = datatracing(sqlite.home, "trace", account.name)
        assert datatracing(sqlite.home, "db", "upgrade").returncode == 0
        assert sqlite.wrong(account, whole) == []
        # The agent lets go of the database before it is dropped.
        sqlite.cluster.components["scheduler"].stop()
        agents.end(sqlite.home.spool)
    assert before.returncode == 3
    assert "datatracing db upgrade" in before.stderr
    assert "datatracing db upgrade" in heard[0]


@on_sqlite
def test_a_run_whose_events_did_not_fit_is_traced_from_airflows_record_and_says_what_is_lost(sqlite, tmp_path):
    sqlite.scheduler_with(DATATRACING_SPOOL_DIR=f"{tmp_path}/spool", DATATRACING_SPOOL_LIMIT="1")
    account = sqlite.play()
    assert sqlite.wrong(account, partial) == []
    with reading(sqlite.home) as store:
        assert settled(lambda: [] if unbalanced(store.books(account.name)) else ["nothing is lost"], BACK) == []
        (lost,) = unbalanced(store.books(account.name))
    assert re.fullmatch(r"\d+ events lost", lost)


@on_sqlite
def test_a_run_whose_spool_cannot_be_used_is_traced_from_airflows_record_as_soon_as_there_is_one(sqlite, tmp_path):
    """Without a spool there is no agent either, and nothing that could be counted."""
    (tmp_path / "file").touch()
    sqlite.scheduler_with(DATATRACING_SPOOL_DIR=f"{tmp_path}/file/spool")
    account = sqlite.play()
    sqlite.scheduler_with()
    assert sqlite.wrong(account, partial) == []


def partial(store: Reading, account: Account) -> list[str]:
    """Sealed, with all of its tasks named as missing."""
    if found := sealed(store, account):
        return found
    missing = f"'captured': 0, 'missing': {TASKS}"[:-1]
    return (
        [] if [missing in each for each in untruths(store.trace(account.name), account)] == [True] else ["not partial"]
    )
