"""`datatracing demo` as a user runs it: real orchestrators, started and stopped by it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import datatracing

COMMAND = Path(sys.executable).with_name("datatracing")
GRACE = 10.0
# One demonstration at a time, and time for it to start on a machine that is busy with the other tests.
pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(600)]


def started(folder, orchestrator):
    return subprocess.Popen(
        [str(COMMAND), "demo", orchestrator, "--folder", str(folder)],
        cwd=folder.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def left_running(folder):
    """Processes that know the store in this folder."""
    return [process for process in psutil.process_iter() if store_of(process) == f"sqlite:///{folder / 'traces.db'}"]


def nothing_left_running(folder):
    """An agent that had no duty sees within a second that its host is gone."""
    deadline = time.monotonic() + GRACE
    while left_running(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left_running(folder) == []


def store_of(process):
    try:
        return process.environ().get("DATATRACING_STORE") if process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def shown(folder, printed):
    """The document of the trace that the demonstration shows last."""
    [*_, run] = re.findall(r"\$ datatracing why (\S+)", printed)
    connection = datatracing.connect(f"sqlite:///{folder / 'traces.db'}")
    try:
        return connection.trace(connection.find(run))
    finally:
        connection.close()


def states_of(trace):
    tasks = [span for span in trace["spans"] if span["level"] == "task"]
    return {(span["task"], span["map_index"], span["attempt"]): span["state"] for span in tasks}


def test_the_airflow_demo_shows_the_trace_of_a_bad_night_and_leaves_nothing_running(tmp_path):
    folder = tmp_path / ".demo"

    with started(folder, "airflow") as demo:
        printed = demo.stdout.read()

    assert demo.returncode == 0, printed
    assert "$ datatracing why airflow:shop/demo" in printed
    assert "complete: 11 of 11 spans" in printed
    assert "hunter2" not in printed
    assert f"sqlite:///{folder.relative_to(tmp_path)}/traces.db" in printed
    assert nothing_left_running(folder)

    trace = shown(folder, printed)
    states = states_of(trace)
    assert states["extract_orders", -1, 1] == "retried"
    assert states["convert_rates", -1, 0] == "skipped"
    assert states["load_batch", 2, 1] == "failed"
    assert states["publish", -1, 0] == "upstream_failed"
    assert [link["kind"] for link in trace["links"]] == ["triggered"]


def test_the_dagster_demo_shows_a_retry_a_dynamic_map_and_the_run_that_wrote_its_asset(tmp_path):
    folder = tmp_path / ".demo"

    with started(folder, "dagster") as demo:
        printed = demo.stdout.read()

    assert demo.returncode == 0, printed
    assert "complete: 9 of 9 spans" in printed
    assert "hunter2" not in printed
    assert nothing_left_running(folder)

    trace = shown(folder, printed)
    states = states_of(trace)
    assert states["customers", -1, 1] == "retried"
    assert states["customers", -1, 2] == "success"
    assert [states["sales.load_batch", number, 1] for number in range(4)].count("failed") == 1
    assert states["report", -1, 0] == "upstream_failed"
    assert [(link["kind"], link["direction"]) for link in trace["links"]] == [("asset", "up")]
    assert trace["links"][0]["run"].startswith("dagster:orders/")


def test_the_prefect_demo_shows_a_retry_a_bad_batch_and_the_call_of_another_flow(tmp_path):
    folder = tmp_path / ".demo"

    with started(folder, "prefect") as demo:
        printed = demo.stdout.read()

    assert demo.returncode == 0, printed
    assert "complete: 8 of 8 spans" in printed
    assert "hunter2" not in printed
    assert nothing_left_running(folder)

    trace = shown(folder, printed)
    states = states_of(trace)
    assert states["extract_orders", -1, 1] == "retried"
    assert states["extract_orders", -1, 2] == "success"
    assert [states["load_batch", number, 1] for number in range(4)].count("failed") == 1
    assert states["rates", -1, 1] == "success"
    assert states["publish", -1, 0] == "upstream_failed"
    assert [(link["kind"], link["direction"]) for link in trace["links"]] == [("child", "down")]
    assert trace["links"][0]["run"].startswith("prefect:rates/")


def test_a_demo_that_is_interrupted_twice_leaves_nothing_running(tmp_path):
    folder = tmp_path / ".demo"

    with started(folder, "airflow") as demo:
        for line in demo.stdout:
            if "triggering shop" in line:
                break
        assert left_running(folder) != []
        for _ in range(2):
            os.killpg(demo.pid, signal.SIGINT)
            time.sleep(1)
        printed = demo.stdout.read()

    assert demo.returncode == 130, printed
    assert nothing_left_running(folder)
