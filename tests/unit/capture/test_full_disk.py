"""A disk that takes nothing more, and a directory that cannot be written: the hook returns, and the loss is counted."""

import json

import pytest

# A limit on the size of files fails writes as a full disk does, in the middle of a record too, and needs no rights.
FULL = """
import json, resource, sys
from pathlib import Path
from datatracing.capture import CaptureSettings, Recorder
from datatracing.model.event import EventKind
from datatracing.model.run import RunRef

store, directory, limit = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
run = RunRef("airflow", "default", "etl", "r1")
recorder = Recorder(CaptureSettings(store, spool_dir=directory, linger=5.0))
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited[1]))
for n in range(10):
    recorder.emit(EventKind.NOTED, run, attributes={"n": n, "text": "some words " * 20})
while_full = recorder.counters
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
recorder.emit(EventKind.NOTED, run, attributes={"n": 10})
shipped = recorder.flush(20)
print(json.dumps([while_full, recorder.counters, shipped]))
"""


@pytest.mark.parametrize("limit", [0, 1, 700, 1300, 2000])
def test_law_1_a_full_disk_costs_events_that_are_counted_and_reported_and_nothing_else(child, store, spool_dir, limit):
    out = child(FULL, store.url, spool_dir, limit).finishes()
    while_full, at_last, shipped = json.loads(out)
    lost = while_full["lost.disk_full"]
    arrived = [event.attributes["n"] for event in store.events()]
    assert shipped
    assert 0 < lost <= 10
    assert arrived == [*range(10 - lost), 10], "records before and after the full disk are whole"
    assert sum(count for _, count, _, _ in store.losses()) == lost == at_last["lost.disk_full"]
    assert {reason for reason, *_ in store.losses()} == {"disk_full"}
    assert list(spool_dir.glob("*.events")) == []


UNWRITABLE = """
import json, os, sys
from pathlib import Path
from datatracing.capture import CaptureSettings, Recorder
from datatracing.model.event import EventKind
from datatracing.model.run import RunRef

run = RunRef("airflow", "default", "etl", "r1")
recorder = Recorder(CaptureSettings(sys.argv[1], spool_dir=Path(sys.argv[2])))
recorder.emit(EventKind.NOTED, run)
recorder.emit(EventKind.NOTED, run)
print(json.dumps([recorder.counters, recorder.flush(20)]))
"""


@pytest.mark.parametrize("place", ["file/spool", "/proc/spool", "/dev/null"])
def test_law_1_a_spool_directory_that_cannot_be_made_loses_events_and_tells_the_store(child, store, tmp_path, place):
    (tmp_path / "file").write_text("not a directory")
    counters, shipped = json.loads(child(UNWRITABLE, store.url, tmp_path / place).finishes())
    assert counters["lost.spool_unwritable"] == 2
    assert shipped
    assert [(reason, count) for reason, count, _, _ in store.losses()] == [("spool_unwritable", 2)]


# Root may write everywhere, so a child of root becomes nobody; what it needs is imported before that.
READ_ONLY = (
    """
import os
import datatracing.capture.sinks.collector, datatracing.redact
if os.geteuid() == 0:
    os.setgid(65534), os.setuid(65534)
"""
    + UNWRITABLE
)


def test_law_1_a_spool_directory_without_the_right_to_write_does_the_same(child, store, tmp_path):
    directory = tmp_path / "spool"
    directory.mkdir(mode=0o555)
    counters, _ = json.loads(child(READ_ONLY, "https://127.0.0.1:9/datatracing", directory).finishes())
    assert counters["lost.spool_unwritable"] == 2
    assert list(directory.iterdir()) == []
