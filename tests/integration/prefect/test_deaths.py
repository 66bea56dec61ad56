"""What is left of a run whose process dies, or which never had a server."""

import os
import shutil
import signal
import sys
import time
from contextlib import suppress

import psutil
import pytest

from datatracing.store.sql.schema import upgrade
from tests.conformance.account import Attempt
from tests.conformance.check import untruths
from tests.conformance.shapes import Shape
from tests.prefect_rig.home import PATIENCE, Home
from tests.prefect_rig.oracle import Oracle
from tests.prefect_rig.shapes import SHAPES
from tests.prefect_rig.theatre import Theatre, copied, read, ship, watch_once

pytestmark = [pytest.mark.xdist_group("prefect-apart"), pytest.mark.timeout(600)]
NAMED = ("task", "map_index", "attempt", "state", "raw_state")
WAITS = Shape("waits", "a flow that is in the middle of its work", "success", {})


@pytest.fixture
def gate(tmp_path):
    return tmp_path / "gate"


@pytest.fixture
def traced(home, gate):
    return home.beside(RIG_TRACED="1", RIG_GATE=str(gate), DATATRACING_PREFECT_LOOK_BACK="300")


def at_work(home: Home, process) -> str:
    """The run's id, as soon as its second task runs and the server knows it."""
    run_id = process.stdout.readline().split()[1]
    until(lambda: "last_to_leave" in Oracle(home.database).at_work(run_id))
    return run_id


def until(true, patience: float = PATIENCE):
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def states(document) -> dict[str, str]:
    return {span["task"] or "": span["state"] for span in document["spans"] if span["level"] != "operation"}


def untrue(document, account) -> list[str]:
    """Where the trace differs from Prefect. A crash that the process saw may have come too late for the server."""
    crashed = states(document)["last_to_leave"] == "crashed"
    return [each for each in untruths(document, account) if not (crashed and each.startswith("last_to_leave"))]


def test_a_killed_process_has_left_what_it_saw_and_the_watcher_ends_its_run(traced, tmp_path):
    with traced.begin("tests.prefect_rig.slow", "waits") as process:
        run_id = at_work(traced, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    ship(traced)
    theatre = Theatre(traced, {"waits": run_id})
    assert states(read(theatre, WAITS)) == {"": "running", "before": "success", "last_to_leave": "running"}
    traced.datatracing("prefect", "watch", "--once", "--stale", "0.1")
    document, account = read(theatre, WAITS), theatre.account(WAITS)
    assert untruths(document, account) == []
    assert states(document) == {"": "lost", "before": "success", "last_to_leave": "lost"}


def test_a_process_that_is_told_to_end_loses_nothing(traced):
    """Prefect crashes the task; older ones are gone before they can say anything of the flow."""
    with traced.begin("tests.prefect_rig.slow", "waits") as process:
        run_id = at_work(traced, process)
        process.terminate()
        process.wait(PATIENCE)
    theatre = Theatre(traced, {"waits": run_id})
    theatre.oracle.settled()
    ship(traced)
    before, after = {"Running": ("running", "lost"), "Crashed": ("crashed", "crashed")}[theatre.oracle.state(run_id)]
    tasks = {"before": "success", "last_to_leave": "crashed"}
    assert states(read(theatre, WAITS)) == {"": before, **tasks}
    traced.datatracing("prefect", "watch", "--once", "--stale", "0.1")
    document = read(theatre, WAITS)
    assert untrue(document, theatre.account(WAITS)) == []
    assert states(document) == {"": after, **tasks}


ENDS = {"cancelled": "cancelled", "killed": "crashed", "terminated": "crashed"}
"""What becomes of runs of a deployment, whose processes are watched by the one that serves it."""


@pytest.fixture(scope="module")
def watched(prefect_server, tmp_path_factory):
    """Three runs of one deployment, each of which has met its end; by the decorator alone, and watched as well."""
    folder, began = tmp_path_factory.mktemp("watched"), time.time()
    store = f"sqlite:///{folder}/told.db"
    upgrade(store)
    ours = {
        "DATATRACING_STORE": store,
        "DATATRACING_SPOOL_DIR": str(folder / "spool"),
        "RIG_GATE": str(folder / "gate"),
    }
    home = prefect_server.beside(RIG_TRACED="1", **ours)
    home.programs.start("watcher", [sys.executable, "-m", "tests.prefect_rig.serve", "flows"])
    try:
        runs = dict(zip(ENDS, begun(home, len(ENDS)), strict=True))
        home.mark(runs["cancelled"], "CANCELLING")
        for end, number in (("killed", signal.SIGKILL), ("terminated", signal.SIGTERM)):
            os.kill(process_of(runs[end]), number)
        until(lambda: {Oracle(home.database).state(each) for each in runs.values()} <= {"Cancelled", "Crashed"})
    finally:
        home.programs.stop()
    Oracle(home.database).settled()
    ship(home)
    both = home.beside(DATATRACING_STORE=copied(folder / "told.db", folder / "both.db"))
    watch_once(both, since=began)
    yield {"decorator": Theatre(home, runs, overheard=True), "both": Theatre(both, runs)}
    shutil.rmtree(folder, ignore_errors=True)


def begun(home: Home, count: int) -> list[str]:
    """Runs of the deployment in the middle of their work."""
    oracle = Oracle(home.database)
    home.programs.wait("the deployment", lambda: oracle.deployments("waits"))
    [deployment] = oracle.deployments("waits")
    runs = [home.ask(f"/deployments/{deployment}/create_flow_run", {})["id"] for _ in range(count)]
    home.programs.wait("the runs", lambda: all("last_to_leave" in oracle.at_work(each) for each in runs))
    return runs


def process_of(run_id: str) -> int:
    """The process that Prefect's runner started for a flow run."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("PREFECT__FLOW_RUN_ID", "").replace("-", "") == run_id.replace("-", ""):
                return process.pid
    raise LookupError(run_id)


@pytest.mark.parametrize("source", ["decorator", "both"])
@pytest.mark.parametrize("end", ENDS)
def test_a_watched_process_ends_as_prefect_says(watched, source, end):
    theatre = Theatre(watched[source].home, {"waits": watched[source].runs[end]}, watched[source].overheard)
    document = read(theatre, WAITS)
    assert untrue(document, theatre.account(WAITS)) == []
    assert states(document)[""] == ENDS[end]


def test_without_a_server_the_decorator_suffices(tmp_path, sqlite_url):
    """Prefect has a temporary server then, whose record ends where its process does, before the last of what it was
    told is in it: so here it keeps none of the tasks at all."""
    names = ("success_chain", "mapped_retry", "failed_flow", "upstream_failed")
    serverless = {"PREFECT_API_URL": "", "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true", "RIG_TRACED": "1"}
    forgetful = {"PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_ENABLED": "false"}
    ours = {"DATATRACING_STORE": sqlite_url, "DATATRACING_SPOOL_DIR": str(tmp_path / "spool")}
    home = Home(tmp_path / "prefect", {**serverless, **forgetful, **ours})
    home.folder.mkdir()
    theatre = Theatre(home, home.play(*names), overheard=True)
    ship(home)
    assert Oracle(home.database).account(theatre.runs["success_chain"]).attempts == ()
    for shape in (each for each in SHAPES if each.name in names):
        document = read(theatre, shape)
        assert (document["run"]["state"], shown(document)) == (shape.state, shape.spans)
        assert document["run"]["completeness"] == {
            "status": "complete", "expected": len(shape.spans), "captured": len(shape.spans), "missing": [],
            "unknown_edges": [],
        }  # fmt: skip


def shown(document) -> dict[str, str]:
    """Attempts as a shape calls them."""
    tasks = (span for span in document["spans"] if span["level"] == "task")
    return {Attempt(*(span[each] for each in NAMED)).name: span["state"] for span in tasks}
