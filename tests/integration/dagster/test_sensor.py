"""The sensor, evaluated as Dagster's daemon does: nothing of ours is in its process, and an agent watches."""

import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import dagster as dg
import pytest

from datatracing.capture import lease
from datatracing.connection import connect
from datatracing.errors import DataTracingError
from datatracing_dagster import DataTracingResource, sensor
from datatracing_dagster.sensor import DUTY, ELSEWHERE, EPHEMERAL, STARTED, watching_sensor
from tests import agents
from tests.airflow_rig.gate import Gate
from tests.bench.outages import black_hole
from tests.conformance.check import unbalanced

pytestmark = pytest.mark.xdist_group("dagster-links")
PATIENCE = 60.0
"""Seconds in which an agent starts and watches, on a busy machine."""
AT_ONCE = 1.0
"""Seconds that a tick takes: an attempt to connect would be given two."""


@dg.op
def say(traces: DataTracingResource):
    with traces.span("greet"):
        traces.record("order-1")


class Host:
    """A user's process and Dagster's daemon, over one store."""

    def __init__(self, instance, spool, store, **given):
        self.instance = instance
        self.spool = spool
        given = {"settle_seconds": 0.0, "look_back": 0.0, **given}
        self.resource = DataTracingResource(store=store, spool_dir=str(spool), **given)
        self.sensor = watching_sensor("traces")
        self.took = []

    def run(self):
        @dg.job(resource_defs={"traces": self.resource})
        def hello():
            say()

        return hello.execute_in_process(instance=self.instance).run_id

    def tick(self):
        """What it says."""
        context = dg.build_sensor_context(instance=self.instance, resources={"traces": self.resource})
        began = time.monotonic()
        said = self.sensor.evaluate_tick(context).skip_message
        self.took.append(time.monotonic() - began)
        return said

    def until_it_says(self, words):
        deadline = time.monotonic() + PATIENCE
        while words not in (said := self.tick()):
            assert time.monotonic() < deadline, said
            time.sleep(0.2)
        return said


@pytest.fixture
def host(instance, tmp_path, monkeypatch):
    """A function that makes one; its agent ends with the test."""
    monkeypatch.setenv("DATATRACING_RETRY_LIMIT", "0.5")
    monkeypatch.setattr(sensor, "_started", {})
    yield lambda store, **given: Host(instance, tmp_path / "spool", store, **given)
    agents.end(tmp_path / "spool")


def whole(store, run):
    """Once, and all of it, soon."""
    deadline = time.monotonic() + PATIENCE
    while not (found := asked(store, "trace", run)) or operations(found) != ["greet"]:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    said = found["run"]
    assert (said["state"], said["completeness"]["status"], said["completeness"]["expected"]) == (
        "success",
        "complete",
        1,
    )
    stages = asked(store, "why", run)["stages"]
    assert unbalanced(next(stage["facts"] for stage in stages if stage["stage"] == "books")) == []


def asked(store, question, run):
    with closing(connect(store)) as connection, suppress(DataTracingError):
        return getattr(connection, question)(run.replace("-", ""))


def operations(document):
    """What its step has said, once its run is sealed."""
    sealed = document["run"]["verdict"] is not None
    return [span["operation"] for span in document["spans"] if span["source"] == "events" and sealed]


def test_a_tick_sees_to_it_that_somebody_watches_and_says_what_has_been_stored(host, store_url):
    user = host(store_url)
    assert user.tick() == STARTED
    agents.at_work(user.spool, DUTY)
    runs = [user.run() for _ in range(2)]
    for run in runs:
        whole(store_url, run)
    assert user.until_it_says("runs completed since").startswith("2 runs completed since")


def test_law_1_nothing_of_ours_is_in_the_process_that_evaluates_it(host, sqlite_url):
    before = {thread.name for thread in threading.enumerate()}
    user = host(sqlite_url)
    user.tick()
    agents.at_work(user.spool, DUTY)
    user.run()
    user.until_it_says("1 runs completed since")
    assert {thread.name for thread in threading.enumerate()} <= before
    files = [str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    assert [file for file in files if "traces.db" in file or sqlite_url.removeprefix("sqlite:///") in file] == []


def test_an_agent_that_was_killed_is_started_again_and_goes_on(host, sqlite_url, monkeypatch):
    user = host(sqlite_url)
    user.tick()
    agents.at_work(user.spool, DUTY)
    whole(sqlite_url, user.run())
    agents.kill(user.spool)
    run = user.run()
    monkeypatch.setattr(sensor, "AGAIN", 0.0)
    while lease.held(user.spool, DUTY):
        time.sleep(0.02)
    assert user.tick() == STARTED
    whole(sqlite_url, run)


def test_a_sqlite_store_that_is_not_there_yet_is_made(host, sqlite_empty_url):
    user = host(sqlite_empty_url)
    user.tick()
    whole(sqlite_empty_url, user.run())


def test_a_setting_that_does_not_fit_is_an_error_that_people_see(host, sqlite_url):
    with pytest.raises(Exception, match="DATATRACING_DAGSTER_STALE does not fit"):
        host(sqlite_url, stale=-1.0).tick()


def test_an_instance_that_is_gone_with_its_process_is_nobody_elses(host, sqlite_url):
    user = host(sqlite_url)
    with dg.DagsterInstance.ephemeral() as user.instance:
        assert user.tick() == EPHEMERAL
    assert agents.agents(user.spool) == []


def test_an_agent_that_watches_another_dagster_is_named(host, sqlite_url, tmp_path_factory):
    user = host(sqlite_url)
    user.tick()
    agents.at_work(user.spool, DUTY)
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("other"))) as user.instance:
        assert user.tick() == ELSEWHERE


def test_law_1_a_tick_over_a_store_that_never_answers_does_not_wait_for_it(host):
    with black_hole() as store:
        user = host(store)
        assert user.tick() == STARTED
        agents.at_work(user.spool, DUTY)
        user.run()
        for _ in range(4):
            user.tick()
        assert min(user.took[1:]) < AT_ONCE, "each would be as long as the next one, if it waited"
        agents.end(user.spool)


@pytest.fixture
def gate(postgres_server):
    made = Gate(postgres_server.data / ".s.PGSQL.5432")
    yield made
    made.close()


@pytest.mark.parametrize("how", ["refuse", "swallow"])
def test_what_ended_while_the_store_was_away_is_stored_when_it_is_back(host, postgres_url, gate, how, monkeypatch):
    monkeypatch.setenv("DATATRACING_ANSWER_TIMEOUT", "1")
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    user = host(f"postgresql+psycopg://postgres@127.0.0.1:{gate.port}/{name}")
    user.tick()
    whole(postgres_url, user.run())
    getattr(gate, how)()
    during = [user.run() for _ in range(3)]
    user.until_it_says("DataTracing goes on later: ")
    gate.open()
    for run in [*during, user.run()]:
        whole(postgres_url, run)
