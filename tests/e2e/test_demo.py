"""`datatracing demo` as a user runs it: a real Airflow, started and stopped by it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import datatracing

COMMAND = Path(sys.executable).with_name("datatracing")
# One Airflow at a time, and time for it to start on a machine that is busy with the other tests.
pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(600)]


def started(folder):
    return subprocess.Popen(
        [str(COMMAND), "demo", "--folder", str(folder)],
        cwd=folder.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def left_running(folder):
    """Processes whose Airflow lives in this folder."""
    return [process for process in psutil.process_iter() if home_of(process) == str(folder / "airflow")]


def home_of(process):
    try:
        return process.environ().get("AIRFLOW_HOME") if process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def test_the_demo_shows_the_trace_of_a_bad_night_and_leaves_nothing_running(tmp_path):
    folder = tmp_path / ".demo"

    with started(folder) as demo:
        printed = demo.stdout.read()

    assert demo.returncode == 0, printed
    assert "$ datatracing why airflow:shop/demo" in printed
    assert "complete: 11 of 11 spans" in printed
    assert "hunter2" not in printed
    assert f"sqlite:///{folder.relative_to(tmp_path)}/traces.db" in printed
    assert left_running(folder) == []

    connection = datatracing.connect(f"sqlite:///{folder / 'traces.db'}")
    try:
        trace = connection.trace(connection.find("airflow:shop/demo"))
    finally:
        connection.close()
    states = {(span["task"], span["map_index"], span["attempt"]): span["state"] for span in trace["spans"]}
    assert states["extract_orders", -1, 1] == "retried"
    assert states["convert_rates", -1, 0] == "skipped"
    assert states["load_batch", 2, 1] == "failed"
    assert states["publish", -1, 0] == "upstream_failed"
    assert [link["kind"] for link in trace["links"]] == ["triggered"]


def test_a_demo_that_is_interrupted_twice_leaves_nothing_running(tmp_path):
    folder = tmp_path / ".demo"

    with started(folder) as demo:
        for line in demo.stdout:
            if "triggering shop" in line:
                break
        assert left_running(folder) != []
        for _ in range(2):
            os.killpg(demo.pid, signal.SIGINT)
            time.sleep(1)
        printed = demo.stdout.read()

    assert demo.returncode == 130, printed
    assert left_running(folder) == []
