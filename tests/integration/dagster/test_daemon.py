"""A real daemon over Postgres, once: what it starts, retries, gives up and fills in by itself is traced, and linked."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from dagster import DagsterInstance, RunsFilter

from datatracing.connection import connect
from datatracing.store.search import RunFilter
from datatracing.store.sql.schema import upgrade
from tests import agents
from tests.conformance.check import one_sided, unbalanced
from tests.dagster_rig.daemon import CONFIGURATION, running
from tests.dagster_rig.home import Home

pytestmark = [pytest.mark.xdist_group("dagster-daemon"), pytest.mark.apart]

EXPECTED = {
    "seed": ["success"],
    "after_seed": ["success"],
    "land": ["success"],
    "after_landing": ["success"],
    "__ASSET_JOB": ["success"],
    "unlucky": ["failed", "success"],
    "doomed": ["failed"],
    "by_day": ["success", "success"],
}
"""The states of each job's runs, oldest first."""


class World:
    """What Dagster has, and what our store has."""

    def __init__(self, instance, store):
        self.instance = instance
        self.store = store
        self.connection = connect(f"sqlite:///{store}")
        self.looked, self.holders = set(), set()

    def look(self, group):
        """Which processes of the daemon's, which are its code servers and their runs, have a file of the store."""
        for pid in filter(str.isdigit, (each.name for each in Path("/proc").iterdir())):
            with suppress(OSError):
                if os.getpgid(int(pid)) == group:
                    files = {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
                    self.looked.add(pid)
                    self.holders |= {(pid, file) for file in files if file.startswith(str(self.store))}

    def runs(self, job):
        """Run ids, oldest first."""
        records = self.instance.get_run_records(RunsFilter(job_name=job), ascending=True)
        return [record.dagster_run.run_id for record in records]

    def name(self, job, number=0):
        return f"dagster:{job}/{self.runs(job)[number]}"

    def trace(self, job, number=0):
        return self.connection.trace(self.runs(job)[number].replace("-", ""))

    def links(self, job, number=0):
        links = self.trace(job, number)["links"]
        return {(link["kind"], link["direction"], link["run"], link["confidence"]) for link in links}

    def evidence(self, job, kind, number=0):
        [found] = [
            link["evidence"]
            for link in self.trace(job, number)["links"]
            if (link["kind"], link["direction"]) == (kind, "up")
        ]
        return found

    def stored(self):
        """States of the runs that are sealed, oldest first, by job."""
        found = {}
        for run in sorted(self.connection.runs(RunFilter(), 200).runs, key=lambda run: run.times.scheduled_at or 0):
            if run.verdict is not None:
                found.setdefault(run.run.pipeline, []).append(run.state.value)
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory, postgres_server):
    folder = tmp_path_factory.mktemp("daemon")
    with postgres_server.connect() as admin:
        admin.execute("CREATE DATABASE dagster_daemon")
    upgrade(f"sqlite:///{folder}/traces.db")
    address = postgres_server.url("dagster_daemon").partition("://")[2]
    settings = {
        "DATATRACING_STORE": f"sqlite:///{folder}/traces.db",
        "DATATRACING_SPOOL_DIR": f"{folder}/spool",
        "DATATRACING_SETTLE_SECONDS": "1",
    }
    home = Home(folder, settings, CONFIGURATION.format(address=address)).furnish()
    with DagsterInstance.from_config(str(folder)) as instance, running(home) as daemon:
        made = World(instance, folder / "traces.db")
        daemon.backfill("by_day")
        wanted = {job: len(states) for job, states in EXPECTED.items()}
        daemon.until(
            lambda: made.look(daemon.process.pid) or {job: len(made.runs(job)) for job in EXPECTED} == wanted,
            "all runs were asked for",
        )
        daemon.until(
            lambda: made.look(daemon.process.pid) or made.stored() == EXPECTED,
            f"all runs are stored: {made.stored()}",
        )
        yield made
        made.connection.close()
    agents.end(folder / "spool")
    shutil.rmtree(folder, ignore_errors=True)


def test_the_runs_of_a_location_that_knows_nothing_of_us_are_stored_by_both_others_and_once(world):
    documents = [world.trace(job, number) for job, states in EXPECTED.items() for number in range(len(states))]
    assert {document["run"]["revision"] for document in documents} == {0}
    assert {document["run"]["completeness"]["status"] for document in documents} == {"complete"}
    for document in documents:
        why = world.connection.why(document["run"]["trace_id"])
        assert unbalanced(next(stage["facts"] for stage in why["stages"] if stage["stage"] == "books")) == []
    assert one_sided(documents) == []


def test_law_1_no_code_server_and_no_run_has_a_file_of_the_store(world):
    assert len(world.looked) > len(EXPECTED)
    assert world.holders == set()


def test_a_run_shows_how_long_it_was_queued_and_how_long_its_launch_took(world):
    document = world.trace("seed")
    waits = {
        span["operation"]: span for span in document["spans"] if span["level"] == "operation" and span["task"] is None
    }
    assert {"queue", "launch"} <= waits.keys()
    assert waits["queue"]["ended_at"] <= waits["launch"]["started_at"] < waits["launch"]["ended_at"]
    root = document["spans"][0]
    assert root["scheduled_at"] <= root["queued_at"] <= root["started_at"] <= root["ended_at"]


def test_a_run_status_sensor_links_its_run_to_the_one_it_saw(world):
    assert world.links("after_seed") == {("triggered", "up", world.name("seed"), "exact")}
    assert world.evidence("after_seed", "triggered") == "sensor seed_watcher saw its success"


def test_an_asset_sensor_links_its_run_to_the_one_that_wrote_the_asset(world):
    assert world.links("after_landing") == {("triggered", "up", world.name("land"), "inferred")}
    assert world.evidence("after_landing", "triggered") == "sensor landing_watcher saw asset landed"


def test_declarative_automation_links_its_run_and_says_which_condition_was_true(world):
    assert world.links("__ASSET_JOB") == {
        ("asset", "up", world.name("land"), "exact"),
        ("triggered", "up", world.name("land"), "inferred"),
    }
    assert "automation condition: " in world.evidence("__ASSET_JOB", "triggered")
    assert "missing" in world.evidence("__ASSET_JOB", "triggered") or "updated" in world.evidence(
        "__ASSET_JOB", "triggered"
    )


def test_a_run_retry_is_linked_to_the_run_before_it(world):
    assert world.links("unlucky", 1) == {("rerun_of", "up", world.name("unlucky"), "exact")}
    assert world.evidence("unlucky", "rerun_of", 1) == "run retry 1 of it"


def test_a_run_whose_worker_was_killed_ends_when_dagsters_monitoring_finds_out(world):
    document = world.trace("doomed")
    assert (document["run"]["state"], document["spans"][0]["raw_state"]) == ("failed", "FAILURE")
    states = {span["task"]: span["state"] for span in document["spans"] if span["level"] == "task"}
    assert states == {"kill_the_run": "lost"}


def test_the_runs_of_a_backfill_are_linked_to_it_and_know_their_partitions(world):
    ends = [world.links("by_day", number) for number in range(2)]
    assert ends[0] == ends[1]
    [(kind, direction, backfill, confidence)] = ends[0]
    assert (kind, direction, confidence) == ("backfill_of", "up", "exact")
    assert backfill.startswith("dagster:by_day/backfill:")
    partitions = {world.trace("by_day", number)["spans"][0]["attributes"]["dagster.partition"] for number in range(2)}
    assert partitions == {"monday", "tuesday"}


def test_every_run_knows_the_location_that_it_came_from(world):
    attributes = world.trace("seed")["spans"][0]["attributes"]
    assert attributes["dagster.code_location"] == "tests.dagster_rig.location"


def test_nothing_was_written_into_the_log_of_a_run(world):
    for job in EXPECTED:
        for run in world.runs(job):
            assert "datatracing" not in json.dumps(dict(world.instance.get_run_by_id(run).tags))
