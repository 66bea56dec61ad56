"""The shapes that dag.test() plays as a real Airflow would, in one process, with everything in SQLite.

What is not here needs a scheduler, an executor or a person: `NEEDS_A_CLUSTER` says why.
"""

import subprocess
from pathlib import Path

import pytest

from tests import agents
from tests.airflow_rig.home import REPOSITORY, Home
from tests.airflow_rig.metadata import sqlite_metadata
from tests.airflow_rig.oracle import Oracle
from tests.airflow_rig.reading import Reading, reading, settled, unsealed
from tests.conformance.check import untruths
from tests.conformance.shapes import SHAPES, departures

pytestmark = pytest.mark.xdist_group("airflow-dag-test")

SEALED = 30.0
"""Seconds that the agent has after the end of the program."""
NEEDS_A_CLUSTER = {
    **dict.fromkeys(("killed_task", "killed_worker", "silent_ends"), "the task's process is this one"),
    **dict.fromkeys(("marked_success", "marked_failed", "run_marked_failed"), "nobody could mark it meanwhile"),
    "cleared_and_rerun": "nobody would run it again",
    "run_timeout": "nobody watches the clock",
    **dict.fromkeys(("triggers_child", "triggered_child"), "the child is made and not run"),
    **dict.fromkeys(("writes_asset", "asset_triggered"), "the reader is not run"),
    "ids_at_the_edge": "the run's id cannot be chosen",
}
SHAPES_HERE = [shape for shape in SHAPES if shape.name not in NEEDS_A_CLUSTER]


@pytest.fixture(scope="module")
def home(tmp_path_factory, blank: Path):
    folder = tmp_path_factory.mktemp("in-process")
    settings = {
        "DATATRACING_STORE": f"sqlite:///{folder}/traces.db",
        "DATATRACING_SPOOL_DIR": f"{folder}/spool",
        "RIG_WAIT": "0.5",
    }
    home = Home(folder / "home", settings=settings).furnish()
    sqlite_metadata(home, blank)
    command = [str(home.python), "-m", "tests.airflow_rig.in_process", *(shape.pipeline for shape in SHAPES_HERE)]
    done = subprocess.run(
        command, env=home.environment, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=280
    )
    (folder / "log").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stderr[-4000:]
    yield home
    agents.end(home.spool)


@pytest.fixture(scope="module")
def oracle(home: Home):
    oracle = Oracle(home.database)
    yield oracle
    oracle.close()


@pytest.fixture(scope="module")
def store(home: Home):
    with reading(home) as store:
        yield store


@pytest.mark.parametrize("shape", SHAPES_HERE, ids=str)
def test_the_trace_is_what_airflow_says(oracle: Oracle, store: Reading, shape):
    (run,) = oracle.runs(shape.pipeline)
    account = oracle.account(shape.pipeline, run)
    assert departures(shape, account, {}) == []
    assert settled(lambda: unsealed(store, [account.name]), SEALED) == []
    assert untruths(store.trace(account.name), account) == []


def test_every_shape_is_either_here_or_excused():
    assert {shape.name for shape in SHAPES_HERE} | NEEDS_A_CLUSTER.keys() == {shape.name for shape in SHAPES}
