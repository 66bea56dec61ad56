"""The agent beside plain flows: nobody waits for it, and the trace is there when the flow has just ended."""

import contextlib
import json
import time

import psutil
import pytest

from datatracing.connection import connect
from datatracing.model import clock
from tests import agents
from tests.conformance.check import unbalanced
from tests.prefect_rig.home import PATIENCE

pytestmark = [pytest.mark.xdist_group("prefect-apart"), pytest.mark.timeout(600)]
SOON = 2.0
"""Seconds after a flow's end in which its trace is there."""
LEEWAY = 3.0
"""Seconds that a machine with other things to do may need for it."""


@pytest.fixture
def waiting(home, tmp_path):
    """A traced flow in the middle of its work: its process, and a function that lets it go on."""
    gate = tmp_path / "gate"
    with home.beside(RIG_TRACED="1", RIG_GATE=str(gate)).begin("tests.prefect_rig.slow", "waits") as process:
        process.run_id = process.stdout.readline().split()[1]
        yield process, gate.touch


def open_for_all(store, run_id):
    """Wait until the run can be seen while it goes on: then its agent is at work."""
    deadline = time.monotonic() + PATIENCE
    with contextlib.closing(connect(store)) as connection:
        while not connection.summaries([run_id.replace("-", "")]):
            assert time.monotonic() < deadline
            time.sleep(0.2)


def sealed(store, run_id):
    """The document of the run, once it is sealed."""
    deadline = time.monotonic() + PATIENCE
    with contextlib.closing(connect(store)) as connection:
        trace_id = run_id.replace("-", "")
        while not (known := connection.summaries([trace_id])) or known[trace_id].verdict is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return connection.trace(trace_id), connection.why(trace_id)


def test_a_plain_flow_has_its_trace_when_it_has_just_ended_and_law_1_nothing_of_ours_in_it(waiting, home):
    process, go_on = waiting
    open_for_all(home.settings["DATATRACING_STORE"], process.run_id)
    holds_nothing_but_the_spool(process, home)
    go_on()
    document, why = sealed(home.settings["DATATRACING_STORE"], process.run_id)
    late = time.time() - ended_at(document)
    assert process.wait(PATIENCE) == 0
    assert document["run"]["state"] == "success"
    assert document["run"]["completeness"]["status"] == "complete"
    assert {span["task"]: span["state"] for span in document["spans"] if span["level"] == "task"} == {
        "before": "success", "last_to_leave": "success", "after": "success",
    }  # fmt: skip
    assert unbalanced(next(stage["facts"] for stage in why["stages"] if stage["stage"] == "books")) == []
    assert late < SOON + LEEWAY


def holds_nothing_but_the_spool(process, home):
    """No thread, no socket, no file, and the agent is no child of it."""
    seen = psutil.Process(process.pid)
    store = home.settings["DATATRACING_STORE"].removeprefix("sqlite:///")
    files = [each.path for each in seen.open_files()]
    assert [file for file in files if file.startswith(store)] == []
    assert len([file for file in files if file.startswith(str(home.spool))]) == 1
    servers = {each.raddr.port for each in seen.net_connections() if each.raddr}
    assert servers <= {home.port}, "it talks to Prefect's server and to nobody else"
    word, *threads = process.stdout.readline().split()
    assert (word, [name for name in threads if "datatracing" in name]) == ("threads", [])
    assert not set(seen.children(recursive=True)) & set(agents.agents(home.spool))


def ended_at(document):
    return clock.parse_rfc3339(document["run"]["ended_at"]) / 1e6


def test_the_agent_may_be_killed_at_any_moment_and_the_next_one_goes_on(waiting, home):
    process, go_on = waiting
    agents.at_work(home.spool)
    agents.end(home.spool)
    go_on()
    assert process.wait(PATIENCE) == 0
    home.datatracing("spool", "ship")
    document, _ = sealed(home.settings["DATATRACING_STORE"], process.run_id)
    assert document["run"]["completeness"]["status"] == "complete"
    assert json.dumps(document).count('"map_key"') >= 3
