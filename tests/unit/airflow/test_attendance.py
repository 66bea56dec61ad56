"""Scheduler and api-server see to it that there is an agent for as long as they live."""

import os
import time
from dataclasses import replace

import pytest

from datatracing.agent.leases import Lease
from datatracing.capture import CaptureSettings, lease
from datatracing.capture.guard import reraising
from datatracing.capture.settings import SELF
from datatracing_airflow import attendance
from datatracing_airflow.attendance import Attendance, plays_runs
from tests import agents

SANDBOX = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "airflow-db-not-allowed:///"}


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    settings = CaptureSettings(f"sqlite:///{tmp_path}/traces.db", spool_dir=tmp_path / "spool")
    yield settings
    agents.end(settings.spool_dir)


def attended(settings, before=()):
    """The agents, once one that was not there before attends this process."""
    duty = lease.ATTEND.format(os.getpid())
    deadline = time.monotonic() + 60
    while (lease.holder(settings.spool_dir, duty) or {}).get("pid") in {None, *before}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return {process.pid for process in agents.agents(settings.spool_dir)}


def test_one_agent_is_started_however_often_one_looks_and_another_one_when_it_has_died(settings, monkeypatch):
    monkeypatch.setattr(attendance, "PAUSE", 0.0)
    looks = Attendance(settings)
    looks.look()
    first = attended(settings)
    looks.look()
    assert len(first) == 1
    assert attended(settings) == first
    assert agents.kill(settings.spool_dir) == 1
    looks.look()
    assert len(attended(settings, first) - first) == 1


def test_agents_that_are_killed_again_and_again_are_followed_by_another_one_at_once(settings, monkeypatch):
    """However often, and whoever else ships: no pause grows."""
    monkeypatch.setattr(attendance, "PAUSE", 0.0)
    looks, shipping = Attendance(settings), Lease.take(settings.spool_dir, lease.SHIP)
    for _ in range(3):
        looks.look()
        attended(settings)
        assert agents.kill(settings.spool_dir) == 1
    shipping.release()


def test_who_looks_all_the_time_starts_one_only_now_and_then(settings, monkeypatch):
    """In an hour in which a run begins every second, where each agent dies at once, and where one lives."""
    started = []
    monkeypatch.setattr(attendance, "summon", lambda *_, **how: started.append(how))
    looks, now = Attendance(settings), 0.0
    monkeypatch.setattr(attendance.time, "monotonic", lambda: now)
    while now < 3_600:
        looks.look()
        now += 1.0
    assert len(started) == 3_600 / attendance.PAUSE
    taken = Lease.take(settings.spool_dir, lease.ATTEND.format(os.getpid()))
    now += attendance.PAUSE
    looks.look()
    taken.release()
    assert len(started) == 3_600 / attendance.PAUSE


def test_law1_where_the_disk_ends_with_the_process_no_agent_is_started(settings):
    Attendance(replace(settings, ship=SELF)).look()
    assert not settings.spool_dir.exists()


def test_law1_a_spool_that_cannot_be_used_is_no_reason_to_raise(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with reraising(on=False):
        Attendance(CaptureSettings("sqlite:////nowhere/traces.db", spool_dir=file / "spool")).look()


@pytest.mark.parametrize(
    "words",
    [
        "/venv/bin/airflow scheduler",
        "/venv/bin/airflow api-server --workers 4",
        "/venv/bin/airflow dag-processor",
        "/venv/bin/airflow dags list",
        "/venv/bin/airflow celery worker",
        "/venv/lib/site-packages/airflow/__main__.py triggerer",
        "/venv/bin/gunicorn x",
        "/venv/bin/celery worker",
        "/venv/lib/site-packages/airflow/sdk/execution_time/execute_workload.py --json-path x",
    ],
)
def test_a_component_does_not_play_runs(words):
    assert not plays_runs(words.split(), {})


@pytest.mark.parametrize(
    "words",
    ["/venv/bin/airflow dags test shop", "/venv/lib/site-packages/airflow/__main__.py dags test shop", "dags/shop.py"],
)
def test_a_program_that_tests_a_dag_plays_runs_and_a_workers_process_does_not(words):
    assert plays_runs(words.split(), {})
    assert not plays_runs(words.split(), SANDBOX)
