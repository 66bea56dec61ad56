"""`airflow dags test`, as a person types it: the trace is there when the prompt is back, or a moment later."""

import subprocess
import time
from pathlib import Path

import pytest

from datatracing import connect
from tests import agents
from tests.airflow_rig.home import REPOSITORY, Home
from tests.airflow_rig.metadata import sqlite_metadata
from tests.airflow_rig.oracle import Oracle
from tests.airflow_rig.reading import Reading, settled, unsealed
from tests.conformance.check import untruths

pytestmark = pytest.mark.xdist_group("airflow-dag-test")

DAG = "success_chain"
SEALED = 10.0
"""Seconds, for a machine that is busy with other tests. On an idle one it is less than two."""


@pytest.fixture(scope="module")
def home(tmp_path_factory, blank: Path):
    folder = tmp_path_factory.mktemp("dags-test")
    # As a user says it: in airflow.cfg, and nowhere else.
    options = {"store": f"sqlite:///{folder}/traces.db", "spool_dir": f"{folder}/spool", "settle_seconds": "3600"}
    settings = {"AIRFLOW__RIG__SPOOL_DIR": f"{folder}/spool"}
    overrides = {("datatracing", name): value for name, value in options.items()}
    home = Home(folder / "home", settings=settings, overrides=overrides).furnish()
    sqlite_metadata(home, blank)
    command = [str(home.python), "-m", "airflow", "dags", "test", DAG]
    done = subprocess.run(
        command, env=home.environment, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr[-4000:]
    yield home
    agents.end(home.spool)


def test_the_trace_is_there_and_the_command_did_not_wait_for_it(home, record_property):
    ended, oracle = time.monotonic(), Oracle(home.database)
    (run,) = oracle.runs(DAG)
    account = oracle.account(DAG, run)
    oracle.close()
    store = Reading(connect(home.overrides["datatracing", "store"], migrate=True))
    assert settled(lambda: unsealed(store, [account.name]), SEALED) == []
    record_property("seconds from the command's end to its trace", time.monotonic() - ended)
    assert untruths(store.trace(account.name), account) == []
    store.connection.close()


def test_its_agent_ends_with_it(home):
    deadline = time.monotonic() + 60
    while agents.agents(home.spool):
        assert time.monotonic() < deadline
        time.sleep(0.1)
