"""The collector as a sensor, evaluated as Dagster's daemon does: whatever the store does, a tick comes back in time."""

import time
from contextlib import closing

import dagster as dg
import pytest

from datatracing.connection import connect
from datatracing_dagster import DataTracingResource, sensor
from datatracing_dagster.sensor import GRACE, INTERVAL, collecting_sensor
from tests.airflow_rig.gate import Gate
from tests.bench.outages import black_hole, refused
from tests.conformance.check import unbalanced

pytestmark = pytest.mark.xdist_group("dagster-links")
AWAY = "DataTracing goes on later: "
AT_WORK = "DataTracing is still at work: "
PATIENCE = 5.0 + GRACE + 2.0
"""Seconds of a tick at most, on a busy machine."""


@dg.op
def say(traces: DataTracingResource):
    with traces.span("greet"):
        traces.record("order-1")


class Host:
    """A user's process and Dagster's daemon, over one store."""

    def __init__(self, instance, spool, store, **given):
        self.instance = instance
        self.resource = DataTracingResource(store=store, spool_dir=str(spool), settle_seconds=0.0, **given)
        self.sensor = collecting_sensor("traces")
        self.cursor = None

    def run(self):
        @dg.job(resource_defs={"traces": self.resource})
        def hello():
            say()

        began = time.monotonic()
        done = hello.execute_in_process(instance=self.instance)
        assert time.monotonic() - began < 5
        return done.run_id

    def tick(self):
        """What it says, and the seconds that it took."""
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, resources={"traces": self.resource}
        )
        began = time.monotonic()
        done = self.sensor.evaluate_tick(context)
        self.cursor = done.cursor
        return done.skip_message, time.monotonic() - began

    def until_it_collects(self):
        for _ in range(20):
            said, _ = self.tick()
            if not said.startswith((AWAY, AT_WORK)):
                return said
            time.sleep(0.5)
        raise AssertionError(said)

    def until_whole(self, store, runs):
        """This process lives on, so what its steps have said comes a moment later than their runs."""
        for _ in range(20):
            if all(len(operations(store, run)) == 1 for run in runs):
                break
            time.sleep(0.5)
            self.tick()
        for run in runs:
            whole(store, run)


@pytest.fixture
def host(instance, tmp_path):
    """A function that makes one; what its ticks keep open is closed in the end."""

    def make(store, **given):
        return Host(instance, tmp_path / "spool", store, **{"look_back": 0.0, **given})

    yield make
    while sensor._posts:
        sensor._posts.pop().close()


def asked(store, question, run):
    with closing(connect(store)) as connection:
        return getattr(connection, question)(run.replace("-", ""))


def operations(store, run):
    """What its step has said."""
    return [span["operation"] for span in asked(store, "trace", run)["spans"] if span["source"] == "events"]


def whole(store, run):
    """Once, and all of it."""
    said = asked(store, "trace", run)["run"]
    assert (said["state"], said["completeness"]["status"], said["completeness"]["expected"]) == (
        "success",
        "complete",
        1,
    )
    assert operations(store, run) == ["greet"]
    stages = asked(store, "why", run)["stages"]
    assert unbalanced(next(stage["facts"] for stage in stages if stage["stage"] == "books")) == []


def test_a_tick_collects_and_says_so(host, store_url):
    user = host(store_url)
    user.tick()
    runs = [user.run() for _ in range(2)]
    assert [user.tick()[0] for _ in range(2)] == ["2 runs collected", "0 runs collected"]
    user.until_whole(store_url, runs)


def test_a_sqlite_store_that_is_not_there_yet_is_made(host, sqlite_empty_url):
    user = host(sqlite_empty_url)
    user.tick()
    run = user.run()
    assert user.tick()[0] == "1 runs collected"
    user.until_whole(sqlite_empty_url, [run])


def test_a_postgres_store_without_tables_is_not_touched_and_the_command_is_named(host, postgres_empty_url):
    user = host(postgres_empty_url)
    said, _ = user.tick()
    assert said.startswith(AWAY)
    assert "datatracing db upgrade" in said


def test_a_setting_that_does_not_fit_is_an_error_that_people_see(host, sqlite_url):
    with pytest.raises(Exception, match="DATATRACING_DAGSTER_STALE does not fit"):
        host(sqlite_url, stale=-1.0).tick()


@pytest.mark.parametrize("outage", [refused, black_hole])
def test_a_tick_over_a_store_that_does_not_answer_comes_back_in_time(host, outage):
    with outage() as store:
        user = host(store)
        user.run()
        ticks = [user.tick() for _ in range(2)]
    assert all(said.startswith((AWAY, AT_WORK)) for said, _ in ticks)
    assert max(seconds for _, seconds in ticks) < PATIENCE


@pytest.fixture
def gate(postgres_server):
    made = Gate(postgres_server.data / ".s.PGSQL.5432")
    yield made
    made.close()


def behind(gate, url):
    name = url.partition("?")[0].rpartition("/")[2]
    return f"postgresql+psycopg://postgres@127.0.0.1:{gate.port}/{name}"


@pytest.mark.parametrize("how", ["refuse", "swallow"])
def test_what_ended_while_the_store_was_away_is_collected_when_it_is_back(host, postgres_url, gate, how):
    user = host(behind(gate, postgres_url))
    before = [user.run()]
    user.until_it_collects()
    getattr(gate, how)()
    during = [user.run() for _ in range(3)]
    ticks = [user.tick() for _ in range(2)]
    assert all(said.startswith((AWAY, AT_WORK)) for said, _ in ticks)
    assert max(seconds for _, seconds in ticks) < PATIENCE
    gate.open()
    after = [user.run()]
    user.until_it_collects()
    user.tick()
    user.until_whole(postgres_url, [*during, *after])
    assert before


def test_an_outage_that_lasts_longer_than_one_looks_back_loses_nothing(host, postgres_url, gate):
    gate.refuse()
    user = host(behind(gate, postgres_url), look_back=0.5)
    assert user.tick()[0].startswith(AWAY)
    runs = [user.run() for _ in range(2)]
    time.sleep(1.0)
    gate.open()
    assert user.until_it_collects() == "2 runs collected"
    user.until_whole(postgres_url, runs)


def test_a_store_that_stops_in_the_middle_of_a_tick_is_met_again(host, postgres_url, gate):
    user = host(behind(gate, postgres_url))
    user.until_it_collects()
    runs = [user.run() for _ in range(6)]
    complete = type(connect(postgres_url)).complete
    seen = []

    def stop_after_two(self, manifest):
        seen.append(manifest.run.run_key)
        if len(seen) == 3:
            gate.refuse()
        return complete(self, manifest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(connect(postgres_url)), "complete", stop_after_two)
        assert user.tick()[0].startswith(AWAY)
    gate.open()
    user.until_it_collects()
    assert len(seen) >= 3
    user.until_whole(postgres_url, runs)


def test_the_interval_leaves_room_for_a_tick():
    assert 5.0 + GRACE < INTERVAL
