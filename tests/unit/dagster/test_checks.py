"""What `doctor` says about a Dagster."""

import time

import pytest
from dagster import DagsterInstance

from datatracing_dagster import checks


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A function that makes this configuration the instance of DAGSTER_HOME."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))

    def configure(text: str):
        (tmp_path / "dagster.yaml").write_text(text)
        return {"DAGSTER_HOME": str(tmp_path)}

    return configure


def test_without_an_instance_only_the_version_is_known():
    found = list(checks.findings({}))
    assert [(each.name, each.ok) for each in found] == [("dagster", True), ("dagster instance", True)]


def test_a_fresh_instance_has_no_daemon_and_is_advised_to_monitor_its_runs(home):
    found = {each.name: each for each in checks.findings(home(""))}
    assert [name for name, each in found.items() if not each.ok] == ["dagster daemon"]
    assert "run_monitoring" in found["run monitoring"].advice
    assert "datatracing dagster watch" in found["dagster daemon"].advice


def test_run_monitoring_that_is_on_is_in_order(home):
    found = {each.name: each for each in checks.findings(home("run_monitoring: {enabled: true}"))}
    assert found["run monitoring"].ok


def test_a_daemon_that_has_just_been_heard_is_running(home):
    from dagster._daemon.types import DaemonHeartbeat

    environ = home("")
    with DagsterInstance.get() as instance:
        instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), "SENSOR", "1", []))
    found = {each.name: each for each in checks.findings(environ)}
    assert found["dagster daemon"].ok


def test_an_instance_that_cannot_be_opened_is_a_finding_and_no_crash(home):
    found = list(checks.findings(home("storage: {postgres: {}}")))
    assert [(each.name, each.ok) for each in found] == [("dagster", True), ("dagster instance", False)]


@pytest.mark.parametrize(
    ("url", "sqlalchemy", "ok"),
    [
        ("postgresql://dagster@host/dagster", "2.1.9", False),
        ("postgresql://dagster@host/dagster", "2.0.58", True),
        ("postgresql+psycopg2://dagster@host/dagster", "2.1.9", True),
        ("", "2.1.9", True),
    ],
)
def test_a_url_without_a_driver_is_a_trap_from_sqlalchemy_2_1_on(url, sqlalchemy, ok):
    assert checks.driver(url, sqlalchemy).ok is ok


def test_dagsters_storage_on_postgres_names_its_url(home, postgres_server):
    with postgres_server.connect() as admin:
        admin.execute("CREATE DATABASE dagster_checked")
    url = f"postgresql://postgres@/dagster_checked?host={postgres_server.data}"
    found = {each.name: each for each in checks.findings(home(f"storage: {{postgres: {{postgres_url: '{url}'}}}}"))}
    trap = checks.driver(url, checks.version("sqlalchemy"))
    assert found["dagster storage"] == trap


def test_an_old_dagster_is_told_what_works_with_it():
    assert checks.version_of("1.9.13").ok
    assert "not tested" in checks.version_of("1.8.0").detail
    assert "too old" in checks.version_of("1.5.14").detail
