"""Law 1: whatever of ours is broken, a flow does not hear of it. What was acknowledged outlives a kill."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter

import pytest

from datatracing.capture.inventory import spool_status
from datatracing.model.run import RunRef
from tests import agents
from tests.prefect_rig.home import PATIENCE, REPOSITORY
from tests.prefect_rig.oracle import Oracle
from tests.prefect_rig.theatre import ship

pytestmark = [pytest.mark.xdist_group("prefect-apart"), pytest.mark.timeout(600)]

LEEWAY = 3.0
"""Seconds that a machine with other things to do may need for the end of a flow."""
RESULT = [["[1]", "[2]"], ["a"], "Failed"]
STATES = [
    ["doomed", "Failed"],
    ["inner", "Completed"],
    ["sturdy", "Completed"],
    ["collect", "Completed", 1],
    ["fail", "Failed", 1],
    ["fail", "Failed", 1],
    *[["flaky", "Completed", 2]] * 4,
    ["inner", "Completed", 1],
]


STORES = ("store_hangs", "database_hangs", "store_away")
BROKEN = {
    "nothing": set(),
    "tracer_raises": {"prefect.hook", "prefect.client", "prefect.event"},
    "hearing_raises": {"prefect.hook", "prefect.event"},
    "recorder_raises": {"capture.say"},
    "redactor_raises": {"capture.redact"},
    "mapping_raises": {"prefect.event"},
    **{store: set() for store in STORES},
    "odd_ship": set(),
    "odd_store": set(),
    "odd_pattern": set(),
    "odd_switch": set(),
    "no_spool": set(),
    "no_room": set(),
    "no_record": set(),
    "disk_is_full": set(),
}
"""What is broken, and where errors are caught then. Settings that do not fit raise nothing."""


def played(home, *words):
    """What came of the flows, by what was broken."""
    ended = home.call("tests.prefect_rig.sabotage", *words, check=False, patience=580)
    assert ended.returncode == 0, ended.stderr[-3_000:]
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def black_hole():
    """The address of a server that takes everything and never answers."""
    held, over = [], threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        server.settimeout(0.1)

        def swallow():
            while not over.is_set():
                try:
                    held.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=swallow)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        over.set()
        thread.join()
    for each in held:
        each.close()


@pytest.fixture(scope="module")
def place(prefect_server, tmp_path_factory, sqlite_template):
    folder = tmp_path_factory.mktemp("sabotage")
    store = shutil.copy(sqlite_template, folder / "traces.db")
    return prefect_server.beside(DATATRACING_STORE=f"sqlite:///{store}", DATATRACING_SPOOL_DIR=f"{folder}/spool")


@pytest.fixture(scope="module")
def sabotaged(place, black_hole):
    yield played(place.beside(RIG_HOLE=black_hole), *BROKEN)
    for each in ("", "narrow", "hangs", "database", "away"):
        agents.kill(place.spool / each)


def test_without_us_the_flows_end_like_this(home):
    plain = played(home, "plainly", "nothing")["nothing"]
    assert (plain["result"], plain["states"]) == (RESULT, STATES)


@pytest.mark.parametrize("what", BROKEN)
def test_law_1_whatever_of_ours_is_broken_they_end_the_same(sabotaged, what):
    assert (sabotaged[what]["result"], sabotaged[what]["states"]) == (RESULT, STATES)
    assert BROKEN[what] <= set(sabotaged[what]["caught"])
    assert what != "nothing" or not sabotaged[what]["caught"]


@pytest.mark.parametrize("what", STORES)
def test_law_1_a_store_that_hangs_or_is_not_there_keeps_no_flow(sabotaged, what):
    assert sabotaged[what]["kept"] < LEEWAY


def test_what_was_told_while_a_store_was_not_there_is_not_lost(sabotaged, place, sqlite_url):
    assert sabotaged["store_away"]["caught"] == []
    back = place.beside(DATATRACING_STORE=sqlite_url, DATATRACING_SPOOL_DIR=str(place.spool / "away"))
    ship(back)
    runs = json.loads(back.datatracing("runs", "--json"))["runs"]
    assert Counter((run["pipeline"], run["state"]) for run in runs) == {
        ("doomed", "failed"): 1,
        ("inner", "success"): 1,
        ("sturdy", "success"): 1,
    }


@pytest.fixture
def running(home):
    """Starts a flow that acknowledges one record after the other and never ends by itself: a process and its lines."""
    started = []

    def start(**settings):
        program = subprocess.Popen(
            [sys.executable, "-u", "-m", "tests.prefect_rig.ticking"],
            env=home.beside(**settings).environment,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(program)
        run_id = program.stdout.readline().strip()
        for _ in range(20):
            assert program.stdout.readline()
        return program, run_id

    yield start
    for program in started:
        program.kill()
        program.stdout.close()
        program.wait(PATIENCE)


def told(home, run_id):
    """The trace, and what the run's tasks have recorded."""
    document = json.loads(home.datatracing("trace", RunRef("prefect", "", "ticking", run_id).name, "--json"))
    return document, {key for span in document["spans"] for key in span["records"]}


def test_law_6_a_killed_flow_loses_nothing_that_was_acknowledged(running, home):
    program, run_id = running()
    program.send_signal(signal.SIGKILL)
    acknowledged = set(program.stdout.read().split())
    program.wait(PATIENCE)
    ship(home)
    document, keys = told(home, run_id)
    assert acknowledged <= keys
    assert document["spans"][0]["raw_state"] == Oracle(home.database).state(run_id) == "Running", "for nobody knows"
    assert {span["state"] for span in document["spans"][1:]} == {"success", "running"}


def test_a_flow_whose_disk_dies_with_it_has_sent_everything_when_it_is_told_to_end(running, home):
    program, run_id = running(DATATRACING_SHIP="self", DATATRACING_FAREWELL_TIMEOUT="60")
    program.send_signal(signal.SIGTERM)
    acknowledged = set(program.stdout.read().split())
    program.wait(PATIENCE)
    assert spool_status(home.spool) == [], "sent before the process died"
    assert agents.agents(home.spool) == []
    ship(home)
    document, keys = told(home, run_id)
    assert acknowledged <= keys
    assert document["spans"][0]["raw_state"] == Oracle(home.database).state(run_id)
    assert {span["state"] for span in document["spans"][1:]} == {"success", "crashed"}
