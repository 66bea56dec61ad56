"""The last hook of a task's process waits for nothing, except where the spool ends with the process."""

import os
import time
from pathlib import Path

import pytest

from datatracing import connect
from datatracing.capture import CaptureSettings
from datatracing.capture.reading import spool_files
from datatracing.capture.settings import AGENT, SELF
from datatracing.errors import NotFoundError
from datatracing.model.event import EventKind, Statement
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing_airflow.tracer import Tracer

RUN, KEY = RunRef("airflow", "default", "shop", "run"), SpanKey("load")
END = Statement(EventKind.ENDED, RUN, KEY, State.SUCCESS, "success")
BOUND = 60.0
"""Seconds, on a busy machine: to send into a database takes a program of its own."""


@pytest.fixture
def settings(tmp_path):
    url = f"sqlite:///{tmp_path}/traces.db"
    connect(url, migrate=True).close()
    return {"store": url, "spool_dir": tmp_path / "spool", "farewell_timeout": BOUND}


def stored(settings):
    connection = connect(settings["store"])
    try:
        return [span["task"] for span in connection.trace(RUN.trace_id)["spans"]]
    except NotFoundError:
        return []
    finally:
        connection.close()


def test_law1_a_task_leaves_its_file_to_the_agent(settings):
    tracer = Tracer(CaptureSettings(**settings, ship=AGENT))
    tracer.say(END)
    tracer.leave()
    assert len(spool_files(settings["spool_dir"])) == 1
    assert stored(settings) == []


@pytest.mark.parametrize("ship", [AGENT, SELF])
def test_law1_when_a_task_exits_the_kernel_has_nothing_of_ours_to_close(settings, ship):
    """What it still has to close keeps the process for a moment longer, and Airflow's supervisor then for seconds."""
    tracer = Tracer(CaptureSettings(**settings, ship=ship))
    tracer.say(END)
    assert ours_open(settings["spool_dir"])
    tracer.leave()
    assert ours_open(settings["spool_dir"]) == []


def ours_open(folder):
    held = (each for each in Path("/proc/self/fd").iterdir() if each.is_symlink())
    return [link for link in map(os.readlink, held) if link.startswith(str(folder))]


def test_a_pod_sends_its_file_itself(settings):
    tracer = Tracer(CaptureSettings(**settings, ship=SELF))
    tracer.say(END)
    tracer.leave()
    assert stored(settings) == [None, "load"]
    assert spool_files(settings["spool_dir"]) == []


def test_a_pod_that_reaches_nobody_leaves_in_time(settings):
    away = {**settings, "store": "http://127.0.0.1:1/datatracing", "farewell_timeout": 0.5}
    tracer = Tracer(CaptureSettings(**away, ship=SELF))
    tracer.say(END)
    began = time.monotonic()
    tracer.leave()
    assert time.monotonic() - began < BOUND
    assert len(spool_files(settings["spool_dir"])) == 1
