"""The watcher as the agent drives it, in this process."""

import time
from dataclasses import replace

import dagster as dg
import pytest

from datatracing.connection import connect
from datatracing.errors import StoreUnreachableError
from datatracing.settings import Settings
from datatracing_dagster import compat
from datatracing_dagster.progress import Progress
from datatracing_dagster.settings import WatchSettings
from datatracing_dagster.watcher import INSTANCE, open_watcher
from tests.airflow_rig.gate import Gate

pytestmark = pytest.mark.xdist_group("dagster-links")


@dg.op
def nothing():
    pass


@dg.job
def quiet():
    nothing()


@pytest.fixture
def watching(instance, tmp_path, monkeypatch):
    """A function that opens a watcher over a store; it sees the runs that end from then on."""
    monkeypatch.setenv("DATATRACING_DAGSTER_LOOK_BACK", "0")
    opened = []

    def watch(store, **settings):
        given = Settings(store=store, spool_dir=tmp_path / "spool", **{"settle_seconds": 0.0, **settings})
        connection = connect(settings=given)
        watcher = open_watcher(given, connection, {INSTANCE: compat.reference(instance)})
        opened.append((watcher, connection))
        watcher.tick()
        return watcher

    yield watch
    for watcher, connection in opened:
        watcher.close()
        connection.close()


@pytest.fixture
def play(instance):
    return lambda number=1: [quiet.execute_in_process(instance=instance).run_id for _ in range(number)]


def sealed(store, runs):
    connection = connect(store)
    try:
        found = connection.summaries([run.replace("-", "") for run in runs])
        return sum(each.verdict is not None for each in found.values())
    finally:
        connection.close()


def test_without_a_word_of_which_dagster_there_is_nothing_to_watch(sqlite_url):
    settings = Settings(store=sqlite_url)
    assert open_watcher(settings, None, {}) is None


def test_it_watches_and_tells_dagster_how_it_fares(watching, play, sqlite_url, instance, tmp_path):
    watcher, runs = watching(sqlite_url), None
    runs = play(2)
    assert watcher.tick() > 0
    assert sealed(sqlite_url, runs) == 2
    own = WatchSettings.read(store=sqlite_url, spool_dir=tmp_path / "spool")
    assert Progress(instance, own).heard().startswith("2 runs completed since 20")


def test_when_the_host_ends_what_has_just_ended_is_stored_too(watching, play, sqlite_url):
    watcher = watching(sqlite_url, settle_seconds=3_600.0)
    runs = play(2)
    watcher.tick()
    assert sealed(sqlite_url, runs) == 0
    watcher.drain(time.monotonic() + 60)
    assert sealed(sqlite_url, runs) == 2


def test_more_than_a_budget_is_gone_on_with_at_once(watching, play, sqlite_url):
    watcher = watching(sqlite_url)
    watcher._poller.settings = replace(watcher._poller.settings, budget=1e-9)
    runs = play(3)
    assert watcher.tick() == 0.0
    watcher.catch_up()
    assert sealed(sqlite_url, runs) == 3


def test_law_6_a_store_that_stops_in_the_middle_of_a_tick_is_met_again(watching, play, postgres_url, postgres_server):
    gate = Gate(postgres_server.data / ".s.PGSQL.5432")
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    watcher = watching(f"postgresql+psycopg://postgres@127.0.0.1:{gate.port}/{name}")
    runs, seen, complete = play(6), [], watcher._poller.connection.complete

    def stop_after_two(manifest):
        seen.append(manifest.run.run_id)
        if len(seen) == 3:
            gate.refuse()
        return complete(manifest)

    watcher._poller.connection.complete = stop_after_two
    try:
        with pytest.raises(StoreUnreachableError):
            watcher.tick()
        gate.open()
        watcher.catch_up()
    finally:
        gate.close()
    assert len(seen) >= 6
    assert sealed(postgres_url, runs) == 6
