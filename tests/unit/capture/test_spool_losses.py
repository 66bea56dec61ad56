"""What cannot be kept is counted by reason and run: where the disk is full, the limit is reached, or nothing fits."""

import json
import os
import resource
import signal
from collections import Counter

import pytest

from datatracing.capture import page
from datatracing.capture.frame import Kind
from datatracing.capture.page import NAMED
from datatracing.capture.reading import losses_of, read, spool_files
from datatracing.capture.reserve import Reserve
from datatracing.model.loss import Loss
from tests.capturing import PRODUCER, RUN, frame, lost_in
from tests.spooling import numbers


def test_law_6_the_very_first_thing_that_is_lost_is_counted(spools, spool_dir):
    spool = spools()
    spool.lose(Loss.TOO_BIG, frame(0))
    spool.close()
    assert lost_in(spool_dir) == {(RUN.trace_id, "event_too_big"): 1}


def test_law_6_a_loss_keeps_its_name_when_the_page_is_full_of_other_runs(spools, spool_dir):
    spool = spools()
    for n in range(1, NAMED + 1):
        spool.put(frame(0, trace_id=f"{n:032x}"))
    spool.lose(Loss.TOO_BIG, frame(0))
    (shared,) = Reserve(spool_dir).counts()
    assert (shared.trace_id, shared.producer, sum(shared.lost)) == (RUN.trace_id, PRODUCER, 1)


def test_a_notice_is_no_loss_and_a_manifest_is_one_that_no_run_misses(spools, spool_dir):
    spool = spools()
    spool.put(frame(0))
    spool.lose(Loss.DISK_FULL, frame(0, kind=Kind.NOTICE))
    spool.lose(Loss.DISK_FULL, frame(0, kind=Kind.MANIFEST))
    spool.close()
    assert lost_in(spool_dir) == {("", "manifest"): 1}


def test_what_the_limit_does_not_admit_is_lost_by_reason_and_the_log_says_so_once(spools, spool_dir, caplog):
    spool = spools(limit=20_000)
    for seq in range(10):
        spool.put(frame(seq, b"x" * 4_000))
    spool.close()
    assert lost_in(spool_dir) == {(RUN.trace_id, "spool_full"): 10 - len(numbers(spool_dir))}
    assert 2 <= len(numbers(spool_dir)) < 6
    assert caplog.text.count("spool_full") == 1
    assert "your pipeline goes on" in caplog.text


@pytest.mark.parametrize("limit", [0, 100, page.SIZE, page.SIZE + 12 * 1024, page.SIZE + 14_000])
def test_law_6_a_disk_that_is_full_loses_events_that_its_file_or_the_shared_page_counts(spools, spool_dir, limit):
    """A limit on the size of files fails as a full disk does, in the middle of a frame too, and needs no rights."""
    spools().put(frame(0, producer="ab" * 8))  # somebody was here while there was room
    spool = spools()
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited[1]))
    try:
        for seq in range(8):
            spool.put(frame(seq, b"x" * 2_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        signal.signal(signal.SIGXFSZ, ignored)
    spool.put(frame(8))
    spool.close()
    there = [
        each.seq
        for path in spool_files(spool_dir)
        for each in read(path.read_bytes()).frames
        if each.producer == PRODUCER
    ]
    lost = spool.lost[Loss.DISK_FULL]
    reserved = sum(sum(each.lost) for each in Reserve(spool_dir).counts())
    in_file = sum(entry.count for path in spool_files(spool_dir) for entry in losses_of(read(path.read_bytes())))
    assert lost > 0
    assert len(there) == 9 - lost
    assert 8 in there
    if limit < page.SIZE:  # then not even the shared page can be written: a limit on files is harder than a full disk
        return
    assert in_file + reserved == lost


FULL_DISK = """
import json, os, subprocess, sys
from pathlib import Path
from datatracing.capture import CaptureSettings, Recorder
from datatracing.model.event import EventKind, Statement
from datatracing.model.run import RunRef

directory = Path(sys.argv[1])
run = RunRef("airflow", "default", "etl", "r1")
recorder = Recorder(CaptureSettings("", spool_dir=directory))
for n in range(int(sys.argv[2])):
    recorder.say(Statement(EventKind.NOTED, run, attributes={"n": n, "text": "word " * 300}))
print(json.dumps([recorder.producer, recorder.counters]), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 pages."""
    disk = tmp_path / "disk"
    disk.mkdir()
    assert os.system(f"mount -t tmpfs -o size=256k tmpfs {disk}") == 0, "these tests need the right to mount"
    yield disk
    assert os.system(f"umount -l {disk}") == 0


def test_law_6_on_a_full_disk_every_process_is_counted_even_one_that_is_killed_and_one_that_has_no_file(
    child, small_disk
):
    spool_dir = small_disk / "spool"
    child(FULL_DISK, spool_dir, 2).finishes()
    early = child(FULL_DISK, spool_dir, 500)
    told = {}
    producer, counters = json.loads(early.says())
    told[producer] = 500
    assert counters["lost.disk_full"] > 100
    for _ in range(3):
        late = child(FULL_DISK, spool_dir, 40)
        producer, counters = json.loads(late.says())
        told[producer] = 40
        assert counters["lost.disk_full"] > 30
        late.kill()
    early.kill()
    found = Counter()
    for path in spool_files(spool_dir):
        contents = read(path.read_bytes())
        found.update(each.producer for each in contents.frames)
        for entry in losses_of(contents):
            assert entry.trace_id == RUN.trace_id
            found[entry.producer] += entry.count
    for each in Reserve(spool_dir).counts():
        assert each.trace_id == RUN.trace_id
        found[each.producer] += sum(each.lost)
    assert {producer: found[producer] for producer in told} == told
