"""The watcher against a real Prefect server: prompt, complete, and none the worse for two of it or for its death."""

import contextlib
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from datatracing import connect
from datatracing.demo.processes import free_port
from datatracing.store.sql.schema import upgrade
from tests.prefect_rig import theatre
from tests.prefect_rig.oracle import Oracle

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.timeout(600)]
PATIENCE = 120
"""Seconds, on a machine that has other things to do."""
COMMAND = str(Path(sys.executable).with_name("datatracing"))


@pytest.fixture
def place(home):
    """Programs with a watcher's settings, stopped afterwards. What others have played before is none of theirs."""
    own = home.beside(
        DATATRACING_PREFECT_LOOK_BACK="60", DATATRACING_SETTLE_SECONDS="1", DATATRACING_PREFECT_INTERVAL="2"
    )
    with contextlib.closing(own):
        yield own


@pytest.fixture
def once():
    """A function that collects what has ended since the test began."""
    began = time.time()
    return lambda home, *options: theatre.watch_once(home, *options, since=began)


@pytest.fixture
def other(place, tmp_path):
    """A function that gives the same place with a store of its own."""
    with contextlib.ExitStack() as homes:

        def beside(name):
            store = f"sqlite:///{tmp_path}/{name}.db"
            upgrade(store)
            own = place.beside(DATATRACING_STORE=store, DATATRACING_SPOOL_DIR=str(tmp_path / name))
            return homes.enter_context(contextlib.closing(own))

        yield beside


@pytest.fixture
def gate(tmp_path):
    """Flows that wait go on when it is there."""
    return tmp_path / "gate"


def watch(place, *options, name="watcher"):
    place.programs.start(name, [COMMAND, "prefect", "watch", *options])


def kill(program):
    program.send_signal(signal.SIGKILL)
    program.wait()


def summary(place, run_id):
    """None as long as the store has no sealed trace of it."""
    with contextlib.closing(connect(place.settings["DATATRACING_STORE"])) as connection:
        trace_id = run_id.replace("-", "")
        known = connection.summaries([trace_id]).get(trace_id)
        return known if known is not None and known.verdict is not None else None


def trace(place, run_id):
    with contextlib.closing(connect(place.settings["DATATRACING_STORE"])) as connection:
        return connection.trace(run_id.replace("-", ""))


def sealed(place, run_id, ready=lambda _summary: True):
    def there():
        known = summary(place, run_id)
        return known if known is not None and ready(known) else None

    return place.programs.wait(f"the trace of {run_id}", there, PATIENCE)


@pytest.fixture
def begin(place, gate):
    """A function that starts a flow in a process of its own; the id of its run once it says it, and the process."""
    beside = place.beside(RIG_GATE=str(gate))

    def start(flow):
        beside.programs.start(flow, [sys.executable, "-m", "tests.prefect_rig.slow", flow])

        def said():
            lines = beside.programs.log(flow).read_text().split("\n")
            return next((line.split()[1] for line in lines if line.startswith(f"{flow} ")), None)

        return place.programs.wait(f"the run of {flow}", said, PATIENCE), beside.programs._running[flow]

    with contextlib.closing(beside):
        yield start


def states(document):
    return {span["task"]: span["state"] for span in document["spans"] if span["level"] == "task"}


def until(place, run_id, state):
    oracle = Oracle(place.database)
    place.programs.wait(state, lambda: oracle.state(run_id) == state, PATIENCE)


def test_once_catches_up_with_what_ended_while_nobody_listened(place, once):
    run = place.play("direct_calls")["direct_calls"]
    assert "completed" in once(place)
    first = summary(place, run)
    assert (first.state, first.revision, first.completeness.status) == ("success", 0, "complete")
    once(place)
    assert summary(place, run) == first


def test_events_make_it_prompt_and_open_runs_are_shown(place, gate, begin):
    watch(place, "--interval", "3600")
    run, _ = begin("waits")
    with contextlib.closing(connect(place.settings["DATATRACING_STORE"])) as connection:
        known = partial(connection.summaries, [run.replace("-", "")])
        shown = place.programs.wait("the open run", known, PATIENCE)
    assert [(each.state, each.verdict) for each in shown.values()] == [("running", None)]
    gate.touch()
    until(place, run, "Completed")
    ended = time.monotonic()
    assert sealed(place, run).state == "success"
    assert time.monotonic() - ended < 20
    assert states(trace(place, run)) == dict.fromkeys(("before", "last_to_leave", "after"), "success")


def test_a_store_that_is_away_is_waited_for(place):
    port, token = free_port(), {"DATATRACING_TOKEN": "a-token"}
    remote = place.beside(DATATRACING_STORE=f"http://127.0.0.1:{port}", **token)
    with contextlib.closing(remote):
        watch(remote)
        run = remote.play("success_chain")["success_chain"]
        log = remote.programs.log("watcher")
        remote.programs.wait("the complaint", lambda: "goes on later" in log.read_text(), PATIENCE)
        assert log.read_text().count("goes on later") == 1
        local = place.beside(**token)
        with contextlib.closing(local):
            local.programs.start("serve", [COMMAND, "serve", "--port", str(port)])
            found = sealed(place, run)
    assert (found.revision, found.completeness.status, found.books.balanced) == (0, "complete", True)


def test_two_watchers_do_no_harm_and_when_they_are_killed_are_succeeded(place):
    for name in ("one", "two"):
        watch(place, "--announce", name=name)
    before = place.play("direct_calls", "upstream_failed", "flow_retry")
    for run in before.values():
        found = sealed(place, run)
        assert (found.revision, found.books.lost, found.books.rejected) == (0, 0, 0)
        assert found.books.balanced
    for name in ("one", "two"):
        kill(place.programs._running.pop(name))
    after = place.play("success_chain")["success_chain"]
    watch(place, name="successor")
    assert sealed(place, after).revision == 0
    assert summary(place, before["direct_calls"]).revision == 0


def test_a_run_whose_process_was_killed_is_lost_after_a_while_and_what_it_is_when_prefect_says_so(place, begin, once):
    run, process = begin("waits")
    until(place, run, "Running")
    once(place)
    assert summary(place, run) is None
    kill(process)
    time.sleep(1)
    once(place, "--stale", "1")
    lost = summary(place, run)
    assert (lost.state, lost.raw_state) == ("lost", "Running")
    assert states(trace(place, run)) == {"before": "success", "last_to_leave": "lost"}
    once(place, "--stale", "1")
    assert summary(place, run) == lost
    place.mark(run, "CRASHED")
    once(place)
    found = summary(place, run)
    assert (found.state, found.revision) == ("crashed", 1)


def test_a_task_that_outlives_its_flow_holds_the_seal_back_or_is_lost_until_it_ends(place, other, gate, begin, once):
    patient, hasty, casual = place, other("hasty"), other("casual")
    watch(patient, "--grace", "60", name="patient")
    watch(hasty, "--grace", "1", name="hasty")
    run, process = begin("outlasted")
    until(place, run, "Completed")
    sealed(hasty, run)
    once(casual)
    for each in (hasty, casual):
        assert states(trace(each, run)) == {"first": "success", "last_to_leave": "lost"}
    assert summary(patient, run) is None
    gate.touch()
    found = sealed(patient, run)
    assert (found.revision, states(trace(patient, run))["last_to_leave"]) == (0, "success")
    found = sealed(hasty, run, lambda known: known.revision > 0)
    assert (found.state, states(trace(hasty, run))["last_to_leave"]) == ("success", "success")
    process.wait(PATIENCE)
    once(casual)
    assert states(trace(casual, run))["last_to_leave"] == "success"


def test_a_server_that_is_not_there_is_said_in_one_line(place):
    nowhere = {**place.environment, "PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api"}
    done = subprocess.run(
        [COMMAND, "prefect", "watch", "--once"], env=nowhere, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "Prefect's API does not answer" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
