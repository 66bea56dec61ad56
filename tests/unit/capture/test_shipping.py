"""What dead processes have left is shipped once, or harmlessly twice; what cannot be is counted and put aside."""

import json
import os

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from datatracing.capture import CaptureSettings, pending, ship_spools, spool_status
from datatracing.capture.loss import LossBook
from datatracing.capture.quarantine import FOLDER
from datatracing.capture.record import Kind, Record
from datatracing.errors import SchemaMismatchError, StoreUnreachableError
from datatracing.model import codec
from datatracing.model.event import Event, EventKind
from datatracing.model.run import RunRef

RUN = RunRef("airflow", "default", "etl", "r1")
OTHER = RunRef("airflow", "default", "etl", "r2")


def record(seq, run=RUN, producer="dead", text="x"):
    event = Event(EventKind.NOTED, run, producer, seq, 1_000 + seq, attributes={"text": text})
    return Record(Kind.EVENT, run.trace_id, producer, seq, codec.dumps(event))


@pytest.fixture
def left(spool_dir):
    """Writes the file of a process that has died."""
    spool_dir.mkdir(exist_ok=True)
    numbers = iter(range(1_000_000))

    def leave(content, producer="dead", suffix=".events"):
        data = content if isinstance(content, bytes) else b"".join(each.encode() for each in content)
        path = spool_dir / f"{producer}-{next(numbers)}{suffix}"
        path.write_bytes(data)
        return path

    return leave


def names(directory):
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


def test_a_dead_processs_events_are_shipped_packed_by_run(settings, store, left, spool_dir):
    left([record(n, run) for n in range(30) for run in (RUN, OTHER)])
    report = ship_spools(settings)
    assert (report.files, report.accepted, report.lost, report.left, report.error) == (1, 60, 0, 0, None)
    assert [(row[2], row[3]) for row in store.rows()] == [(0, 30), (0, 30)]
    assert names(spool_dir) == ["usage"]


def test_a_file_that_is_shipped_again_changes_nothing(settings, store, left):
    content = [record(n) for n in range(1_200)]
    left(content)
    ship_spools(settings)
    before = store.rows()
    left(content)
    assert ship_spools(settings).duplicate == 1_200
    assert store.rows() == before


def test_numbers_with_a_gap_are_rows_without_one(settings, store, left):
    left([record(n) for n in (5, 0, 1, 3, 4, 1)])
    ship_spools(settings)
    assert sorted(store.numbers()) == [("dead", n) for n in (0, 1, 3, 4, 5)]


def test_the_file_of_a_living_process_is_left_to_it(settings, store, recorders, unborn_store, spool_dir):
    living = recorders(CaptureSettings(unborn_store.url, spool_dir=spool_dir))
    living.emit(EventKind.NOTED, RUN)
    report = ship_spools(settings)
    assert (report.files, report.left) == (0, 1)
    assert store.rows() == []
    assert [file.owner for file in spool_status(spool_dir)] == ["live"]


def test_what_is_damaged_is_counted_put_aside_and_costs_only_itself(settings, store, left, spool_dir):
    good, bad = [record(n).encode() for n in range(4)], bytearray(record(9).encode())
    bad[60] ^= 1
    left(good[0] + bytes(bad) + good[1], "one")
    left(good[2] + good[3][:-5], "two")
    report = ship_spools(settings)
    assert sorted(store.numbers()) == [("dead", 0), ("dead", 1), ("dead", 2)]
    assert report.lost == 2
    assert sorted((reason, count, producer) for reason, count, _, producer in store.losses()) == [
        ("spool_corrupt", 1, "one"),
        ("spool_torn", 1, "two"),
    ]
    assert names(spool_dir) == [FOLDER, "usage"]
    assert sorted(name[:3] for name in names(spool_dir / FOLDER)) == ["one", "two"]


@given(st.data())
@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_law_6_whatever_happens_to_a_file_its_records_arrive_or_are_counted(settings, store, left, data):
    """Cut anywhere and flipped anywhere: never an exception, never an event that nobody wrote."""
    producer = os.urandom(8).hex()
    whole = bytearray(b"".join(record(n, producer=producer).encode() for n in range(6)))
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    damaged = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    left(damaged, producer)
    report = ship_spools(settings)
    arrived = [event for event in store.events() if event.producer == producer]
    assert report.error is None
    assert report.left == 0
    assert all(codec.dumps(event) == record(event.seq, producer=producer).json for event in arrived)
    assert report.accepted == len(arrived)
    intact = len(damaged) == sum(len(record(event.seq, producer=producer).encode()) for event in arrived)
    assert (report.lost == 0) == intact


def test_one_row_that_the_store_never_takes_holds_up_nothing(settings, store, left, spool_dir):
    impossible = Record(Kind.EVENT, RUN.trace_id, "dead", 2**63, b"{}")
    left([record(0), impossible, record(0, OTHER)])
    left([record(1)])
    report = ship_spools(settings)
    assert (report.accepted, report.lost, report.left, report.error) == (3, 1, 0, None)
    ((reason, count, trace, producer),) = store.losses()
    assert reason.startswith("refused_by_store: ")
    assert (count, trace, producer) == (1, RUN.trace_id, "dead")
    (aside,) = (spool_dir / FOLDER).iterdir()
    assert aside.read_bytes() == impossible.encode()


def test_what_was_put_aside_can_be_moved_back_and_shipped(settings, store, left, spool_dir):
    left(record(0).encode() + b"rubbish" + record(1).encode())
    ship_spools(settings)
    (aside,) = (spool_dir / FOLDER).iterdir()
    aside.write_bytes(record(0).encode() + record(2).encode())
    aside.rename(spool_dir / aside.name)
    assert ship_spools(settings).accepted == 2
    assert {seq for _, seq in store.numbers()} == {0, 1, 2}


def test_what_is_put_aside_is_bounded_too(settings, left, spool_dir):
    small = CaptureSettings(settings.store, spool_dir=spool_dir, spool_limit=8_000)
    for _ in range(20):
        left(b"rubbish" * 50)
    assert ship_spools(small).lost == 20
    assert sum(path.stat().st_size for path in (spool_dir / FOLDER).iterdir()) <= 1_000


def test_a_store_that_is_not_there_leaves_everything_as_it_was_and_says_why(left, unborn_store, spool_dir):
    path = left([record(0)])
    content = path.read_bytes()
    settings = CaptureSettings(unborn_store.url, spool_dir=spool_dir)
    report = ship_spools(settings)
    assert isinstance(report.error, StoreUnreachableError)
    assert (report.accepted, report.left) == (0, 1)
    assert path.read_bytes() == content
    unborn_store.create()
    assert ship_spools(settings).accepted == 1, "at once, although the last attempt has failed a moment ago"


def test_a_store_that_is_not_migrated_is_waited_for(left, sqlite_empty_url, spool_dir, tmp_path):
    left([record(0)])
    (tmp_path / "empty.db").touch()
    report = ship_spools(CaptureSettings(sqlite_empty_url, spool_dir=spool_dir))
    assert isinstance(report.error, SchemaMismatchError)
    assert "datatracing db upgrade" in str(report.error)
    assert report.left == 1


def test_losses_of_a_dead_process_are_reported_in_its_name(settings, store, spool_dir):
    book = LossBook(spool_dir, "dead")
    for _ in range(3):
        book.add("disk_full", 1, RUN.trace_id)
    book.add("spool_full", 7)
    book.close()
    assert [(file.owner, file.losses) for file in spool_status(spool_dir)] == [("dead", 2)]
    ship_spools(settings)
    assert sorted(store.losses()) == [("disk_full", 3, RUN.trace_id, "dead"), ("spool_full", 7, "", "dead")]
    assert names(spool_dir) == ["usage"]


def test_a_loss_report_of_a_thousand_runs_is_bounded_and_still_adds_up(settings, store, spool_dir):
    book = LossBook(spool_dir, "dead")
    for n in range(1_000):
        book.add("spool_full", 1, RunRef("airflow", "default", "etl", f"r{n}").trace_id)
    book.close()
    (file,) = spool_status(spool_dir)
    assert file.size < 20_000
    ship_spools(settings)
    assert sum(count for _, count, _, _ in store.losses()) == 1_000


def test_a_damaged_loss_report_counts_as_a_loss(settings, store, left, spool_dir):
    left(b"rubbish", suffix=".losses")
    assert ship_spools(settings).error is None
    assert [(reason, count) for reason, count, _, _ in store.losses()] == [("spool_corrupt", 1)]


def test_the_status_counts_what_waits_and_what_was_put_aside(settings, left, spool_dir):
    left([record(0), record(1), record(0, OTHER)])
    left(record(2).encode() + b"rubbish", "other")
    (spool_dir / FOLDER).mkdir()
    (spool_dir / FOLDER / "bad-1.events").write_bytes(b"rubbish")
    found = {file.path.name.partition("-")[0]: file for file in spool_status(spool_dir)}
    assert {name: (file.owner, file.events, file.damaged) for name, file in found.items()} == {
        "dead": ("dead", 3, 0),
        "other": ("dead", 1, 1),
        "bad": ("quarantined", 0, 1),
    }
    assert pending(spool_dir, RUN.trace_id) == 3
    assert pending(spool_dir, OTHER.trace_id) == 1
    assert pending(spool_dir, "ff" * 16) == 0


def test_a_directory_that_is_not_there_has_nothing_waiting(settings, tmp_path):
    assert spool_status(tmp_path / "none") == []
    assert pending(tmp_path / "none", RUN.trace_id) == 0
    assert ship_spools(settings).files == 0


def test_a_file_of_another_format_is_left_alone(settings, spool_dir):
    spool_dir.mkdir()
    (spool_dir / "new-1.events2").write_bytes(b"from the future")
    ship_spools(settings)
    assert (spool_dir / "new-1.events2").read_bytes() == b"from the future"


RACER = """
import sys, json
from pathlib import Path
from datatracing.capture import CaptureSettings, ship_spools

settings = CaptureSettings(sys.argv[1], spool_dir=Path(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
report = ship_spools(settings)
print(json.dumps([report.files, report.accepted, report.duplicate, report.lost, str(report.error)]))
"""


def test_two_processes_that_race_for_the_same_files_ship_each_record_once(child, settings, store, left, spool_dir):
    for n in range(60):
        left([record(seq, producer=f"p{n}") for seq in range(5)], f"p{n}")
    racers = [child(RACER, store.url, spool_dir) for _ in range(3)]
    for racer in racers:
        assert racer.says() == "ready"
    for racer in racers:
        racer.tell("go")
    reports = [json.loads(racer.finishes()) for racer in racers]
    assert sorted(store.numbers()) == sorted((f"p{n}", seq) for n in range(60) for seq in range(5))
    assert [sum(column) for column in list(zip(*reports, strict=True))[:4]] == [60, 300, 0, 0]
    assert names(spool_dir) == ["usage"]


KILLED_WHILE_SHIPPING = """
import os, signal, sys
from pathlib import Path
from datatracing.capture import CaptureSettings, ship_spools
from datatracing.capture.sinks.sqlite import SqliteSink

whole = SqliteSink.send
sent = 0
def send(self, rows):
    global sent
    answer = whole(self, rows)
    sent += 1
    if sent == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    return answer
SqliteSink.send = send
ship_spools(CaptureSettings(sys.argv[1], spool_dir=Path(sys.argv[2])))
"""


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_shipper_killed_after_the_store_has_taken_a_batch_costs_nothing(child, settings, store, left, batch):
    left([record(n, text="x" * 500) for n in range(1_300)])
    shipper = child(KILLED_WHILE_SHIPPING, store.url, settings.spool_dir, batch)
    shipper.process.wait(30)
    report = ship_spools(settings)
    assert sorted(store.numbers()) == [("dead", n) for n in range(1_300)], (
        "each exactly once: the batches were the same"
    )
    assert report.accepted + report.duplicate == 1_300
    assert report.duplicate > 0
