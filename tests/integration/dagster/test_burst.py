"""A run of many steps, and two watchers in two processes over it: nothing is lost and nothing comes twice."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests import agents
from tests.conformance.check import unbalanced, untruths
from tests.dagster_rig.burst import STEPS
from tests.dagster_rig.home import REPOSITORY, Home
from tests.dagster_rig.oracle import Oracle

pytestmark = pytest.mark.xdist_group("dagster-steps")


@pytest.fixture
def home(tmp_path, postgres_url):
    """An instance with no runs, and a store on Postgres with no traces."""
    settings = {"DATATRACING_STORE": postgres_url, "DATATRACING_SPOOL_DIR": str(tmp_path / "spool")}
    yield Home(tmp_path / "dagster", settings).furnish()
    agents.end(tmp_path / "spool")


def watching(home):
    """`datatracing dagster watch --once`, begun."""
    command = [str(Path(sys.executable).with_name("datatracing")), "dagster", "watch", "--once"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=home.environment, cwd=REPOSITORY, stdout=pipe, stderr=pipe, text=True)


def test_a_burst_of_steps_is_whole_and_two_watchers_at_once_store_every_run_once(home):
    jobs = ("burst", "success_chain", "failed_chain", "mapped_retry", "branch_skip", "traced")
    runs = home.play("in_process", *jobs)
    watchers = [watching(home) for _ in range(2)]
    told = [watcher.communicate(timeout=120) for watcher in watchers]
    assert [watcher.returncode for watcher in watchers] == [0, 0], told
    oracle = Oracle(home.folder)
    for job, run in runs.items():
        document = home.trace(f"dagster:{job}/{run}")
        assert document["run"]["revision"] == 0
        assert untruths(document, oracle.account(run)) == []
        assert unbalanced(home.books(f"dagster:{job}/{run}")) == []
    burst = home.trace(f"dagster:burst/{runs['burst']}")
    assert Counter(span["state"] for span in burst["spans"] if span["level"] == "task") == {"success": STEPS}
    assert burst["run"]["completeness"] == {
        "status": "complete", "expected": STEPS, "captured": STEPS, "missing": [], "unknown_edges": [],
    }  # fmt: skip
