"""`agent status`, `spool status` and `spool ship`: who looks after what waits on this host."""

import json
import os

import pytest
from typer.testing import CliRunner

from datatracing.agent.leases import Lease
from datatracing.capture import CaptureSettings, Recorder, lease
from datatracing.cli.app import app
from datatracing.model.event import EventKind, Statement
from tests.capturing import RUN


@pytest.fixture
def say(spool_dir, inbox, monkeypatch):
    """Runs a command over this spool directory and store."""
    monkeypatch.setenv("DATATRACING_SPOOL_DIR", str(spool_dir))
    monkeypatch.setenv("DATATRACING_STORE", inbox.url)

    def run(*words):
        found = CliRunner().invoke(app, words)
        assert found.exit_code == 0, found.output
        return found.stdout

    return run


def told(spool_dir, count):
    recorder = Recorder(CaptureSettings("", spool_dir=spool_dir))
    for _ in range(count):
        recorder.say(Statement(EventKind.NOTED, RUN))
    recorder.close()


def test_where_no_agent_runs_it_is_said_who_starts_one(say, spool_dir):
    assert "no agent runs here" in say("agent", "status")
    assert json.loads(say("agent", "status", "--json")) == {"spool_dir": str(spool_dir), "duties": []}


def test_each_duty_is_named_with_its_holder_and_its_outage(say, spool_dir):
    ship, watch = Lease.take(spool_dir, lease.SHIP), Lease.take(spool_dir, lease.WATCH.format("airflow"))
    ship.say({"pid": os.getpid(), "attends": 4711, "outage": "no route"})
    text = say("agent", "status")
    for word in ("ship", f"process {os.getpid()}", "4711", "the store is away: no route", "watch-airflow"):
        assert word in text
    duties = json.loads(say("agent", "status", "--json"))["duties"]
    assert [each["duty"] for each in duties] == ["ship", "watch-airflow"]
    ship.release()
    watch.release()
    assert json.loads(say("agent", "status", "--json"))["duties"] == []


def test_what_waits_is_listed_and_shipped(say, spool_dir, inbox):
    assert "nothing waits" in say("spool", "status")
    told(spool_dir, 3)
    assert "waiting: 3 events in 1 file" in say("spool", "status")
    (file,) = json.loads(say("spool", "status", "--json"))["files"]
    assert (file["owner"], file["events"], file["losses"]) == ("dead", 3, 0)
    assert "3 delivered, 0 rejected, 0 lost; nothing waits" in say("spool", "ship")
    assert len(inbox.events()) == 3
    assert "nothing waits" in say("spool", "status")


def test_what_an_agent_is_at_is_waited_for_and_not_sent_by_hand(say, spool_dir, monkeypatch):
    monkeypatch.setattr("datatracing.cli.spool.PATIENCE", 0.1)
    told(spool_dir, 1)
    held = Lease.take(spool_dir, lease.SHIP)
    assert "the agent of this host is still at it" in say("spool", "ship")
    said = json.loads(say("spool", "ship", "--json"))
    assert (said["agent"], said["waits"], said["error"]) == (True, True, None)
    held.release()
