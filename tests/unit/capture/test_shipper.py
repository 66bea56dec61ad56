"""The background thread: it delivers when it can, holds nobody up when it cannot, and loses nothing either way."""

import json
import logging
import os
import sys
import threading
import time
from dataclasses import replace

import pytest

from datatracing.capture import CaptureSettings, pending, ship_spools, spool_status
from datatracing.capture.breaker import Breaker
from datatracing.capture.record import Kind, Record
from datatracing.model.event import EventKind


def waiting_files(spool_dir):
    return [file for file in spool_status(spool_dir) if file.owner != "quarantined"]


def timed(call):
    began = time.perf_counter()
    result = call()
    return result, time.perf_counter() - began


def test_events_arrive_without_anybody_asking(recorders, settings, store, run, eventually):
    recorders(settings).emit(EventKind.NOTED, run)
    eventually(lambda: len(store.events()) == 1)


def test_events_that_come_together_are_sent_together(recorders, settings, store, run):
    recorder = recorders(replace(settings, linger=0.2))
    for _ in range(50):
        recorder.emit(EventKind.NOTED, run)
    assert recorder.flush(20)
    assert [n for *_, n, _ in store.rows()] in ([50], [49, 1], [1, 49])


def test_a_store_that_is_down_for_the_whole_life_of_a_process_and_comes_back_has_everything(
    child, unborn_store, spool_dir
):
    code = """
        import os, sys
        from pathlib import Path
        from datatracing.capture import CaptureSettings, Recorder
        from datatracing.model.event import EventKind
        from datatracing.model.run import RunRef
        recorder = Recorder(CaptureSettings(sys.argv[1], spool_dir=Path(sys.argv[2])))
        for n in range(100):
            recorder.emit(EventKind.NOTED, RunRef("airflow", "default", "etl", f"r{n % 3}"))
        print(recorder.flush(1), flush=True)
        os._exit(0)
    """
    processes = [child(code, unborn_store.url, spool_dir) for _ in range(4)]
    assert [process.finishes() for process in processes] == ["False"] * 4
    unborn_store.create()
    report = ship_spools(CaptureSettings(unborn_store.url, spool_dir=spool_dir))
    assert (report.accepted, report.lost, report.left, report.error) == (400, 0, 0, None)
    assert len({(event.run, event.producer, event.seq) for event in unborn_store.events()}) == 400


def test_a_store_that_comes_back_gets_everything_from_a_process_that_lives(
    recorders, unborn_store, spool_dir, run, eventually
):
    recorder = recorders(CaptureSettings(unborn_store.url, spool_dir=spool_dir, linger=0.01, retry_limit=0.2))
    for _ in range(5):
        recorder.emit(EventKind.NOTED, run)
        time.sleep(0.05)
    assert pending(spool_dir, run.trace_id) == 5
    unborn_store.create()
    recorder.emit(EventKind.NOTED, run)
    eventually(lambda: len(unborn_store.events()) == 6)
    eventually(lambda: not waiting_files(spool_dir))
    assert sorted(unborn_store.numbers()) == [(recorder.producer, n) for n in range(6)]


def test_while_the_store_is_down_the_number_of_files_stays_small(recorders, unborn_store, spool_dir, run):
    recorder = recorders(CaptureSettings(unborn_store.url, spool_dir=spool_dir, linger=0.001, retry_limit=0.01))
    for _ in range(50):
        recorder.emit(EventKind.NOTED, run)
        time.sleep(0.01)
    assert len(waiting_files(spool_dir)) <= 2


def test_law_1_a_hook_is_fast_and_a_flush_bounded_when_the_store_takes_connections_and_never_answers(
    recorders, black_hole, spool_dir, run
):
    for number, scheme in enumerate(("http", "postgresql")):
        settings = CaptureSettings(f"{scheme}://{black_hole}/db", spool_dir=spool_dir / str(number), linger=0.001)
        recorder = recorders(settings)
        hooks = []
        for _ in range(200):
            hooks.append(timed(lambda recorder=recorder: recorder.emit(EventKind.NOTED, run))[1])
            time.sleep(0.002)
        assert sorted(hooks)[100] < 0.005
        shipped, first = timed(lambda recorder=recorder: recorder.flush(0.5))
        assert not shipped
        assert first < 1.0
        _, second = timed(lambda recorder=recorder: recorder.flush(0.5))
        assert second < 0.05, "the breaker is open: nobody waits any more"
        assert pending(settings.spool_dir, run.trace_id) == 200


def test_law_1_the_next_process_does_not_wait_for_a_store_that_did_not_answer_this_one(child, black_hole, spool_dir):
    code = """
        import os, sys, time
        from pathlib import Path
        from datatracing.capture import CaptureSettings, Recorder
        from datatracing.model.event import EventKind
        from datatracing.model.run import RunRef
        recorder = Recorder(CaptureSettings(sys.argv[1], spool_dir=Path(sys.argv[2])))
        print("ready", flush=True)
        sys.stdin.readline()
        began = time.perf_counter()
        recorder.emit(EventKind.NOTED, RunRef("airflow", "default", "etl", "r1"))
        recorder.flush()
        print(time.perf_counter() - began, flush=True)
        os._exit(0)
    """
    processes = [child(code, f"postgresql://{black_hole}/db", spool_dir) for _ in range(3)]
    assert [process.says() for process in processes] == ["ready"] * 3
    waits = []
    for process in processes:
        process.tell("go")
        waits.append(float(process.finishes()))
    assert 0.5 < waits[0] < 3, "the first one finds out"
    assert max(waits[1:]) < 0.1


def test_a_dead_store_is_asked_by_one_process_and_then_by_one_at_a_time(child, counting_server, spool_dir):
    code = """
        import sys, time
        from pathlib import Path
        from datatracing.capture import CaptureSettings, Recorder
        from datatracing.model.event import EventKind
        from datatracing.model.run import RunRef
        recorder = Recorder(CaptureSettings(sys.argv[1], spool_dir=Path(sys.argv[2]), linger=0.01))
        print("ready", flush=True)
        sys.stdin.readline()
        for n in range(40):
            recorder.emit(EventKind.NOTED, RunRef("airflow", "default", "etl", "r1"))
            time.sleep(0.01)
    """
    url = f"http://{counting_server.address}/datatracing"
    first = child(code, url, spool_dir)
    assert first.says() == "ready"
    first.tell("go")
    first.finishes()
    others = [child(code, url, spool_dir) for _ in range(5)]
    assert [other.says() for other in others] == ["ready"] * 5
    for other in others:
        other.tell("go")
    for other in others:
        other.finishes()
    assert 1 <= counting_server.connections <= 8


def test_one_process_adopts_what_another_has_left(child, recorders, settings, store, run, eventually):
    code = """
        import os, signal, sys
        from pathlib import Path
        from datatracing.capture import CaptureSettings, Recorder
        from datatracing.model.event import EventKind
        from datatracing.model.run import RunRef
        recorder = Recorder(CaptureSettings(sys.argv[1], spool_dir=Path(sys.argv[2]), linger=60))
        for _ in range(7):
            recorder.emit(EventKind.NOTED, RunRef("airflow", "default", "etl", "killed"))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    child(code, store.url, settings.spool_dir).process.wait(30)
    assert len(waiting_files(settings.spool_dir)) == 1
    recorder = recorders(settings)
    recorder.start()
    eventually(lambda: len(store.events()) == 7)
    eventually(lambda: not waiting_files(settings.spool_dir))
    assert recorder.counters["accepted"] == 7


def test_a_backlog_of_many_dead_processes_does_not_hold_up_a_flush(
    recorders, settings, store, run, spool_dir, eventually
):
    spool_dir.mkdir()
    for n in range(300):
        (spool_dir / f"dead{n}-1.events").write_bytes(b"rubbish")
    recorder = recorders(settings)
    recorder.emit(EventKind.NOTED, run)
    assert recorder.flush(10)
    assert len(store.events()) == 1
    eventually(lambda: not waiting_files(spool_dir), 60)


def test_a_process_that_ends_in_an_orderly_way_ships_by_itself(child, store, spool_dir):
    code = """
        import sys
        from pathlib import Path
        from datatracing.capture import CaptureSettings, Recorder
        from datatracing.model.event import EventKind
        from datatracing.model.run import RunRef
        recorder = Recorder(CaptureSettings(sys.argv[1], spool_dir=Path(sys.argv[2]), linger=60))
        recorder.emit(EventKind.NOTED, RunRef("airflow", "default", "etl", "r1"))
    """
    child(code, store.url, spool_dir).finishes()
    assert len(store.events()) == 1
    assert waiting_files(spool_dir) == []


def test_who_insists_is_served_as_soon_as_the_store_is_back(recorders, unborn_store, spool_dir, run):
    recorder = recorders(CaptureSettings(unborn_store.url, spool_dir=spool_dir))
    recorder.emit(EventKind.NOTED, run)
    assert not recorder.flush(20)
    assert not recorder.flush(20, insist=True)
    unborn_store.create()
    assert not recorder.flush(20), "the pause after a failure is not over"
    assert recorder.flush(20, insist=True)
    recorder.emit(EventKind.NOTED, run)
    assert recorder.flush(20), "and with it the pause is over for everybody"


def test_shipping_by_hand_in_vain_does_not_make_the_others_try_again(spool_dir, unborn_store, recorders, run):
    settings = CaptureSettings(unborn_store.url, spool_dir=spool_dir)
    (spool_dir).mkdir()
    (spool_dir / "dead-1.events").write_bytes(Record(Kind.EVENT, run.trace_id, "dead", 0, b"{}").encode())
    breaker = Breaker(spool_dir, settings.retry_limit)
    breaker.trip("refused")
    before = breaker.remaining()
    assert ship_spools(settings).error is not None
    assert 0 < breaker.remaining() <= before


def test_a_store_url_that_is_wrong_keeps_everything_and_says_so_once_without_the_password(
    recorders, spool_dir, run, caplog, store, eventually
):
    recorder = recorders(
        CaptureSettings("mysql://me:hunter2@host/db", spool_dir=spool_dir, linger=0.01, retry_limit=0.05)
    )
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            recorder.emit(EventKind.NOTED, run)
            time.sleep(0.1)
        assert not recorder.flush(2)
    assert caplog.text.count("is not a store") == 1
    assert "your pipeline is not affected" in caplog.text
    assert "hunter2" not in caplog.text
    recorder.close()
    assert ship_spools(CaptureSettings(store.url, spool_dir=spool_dir)).accepted == 3


def test_a_process_without_a_store_leaves_its_events_to_others_and_has_no_thread(
    recorders, spool_dir, run, caplog, store
):
    recorder = recorders(CaptureSettings("", spool_dir=spool_dir, linger=0.01))
    with caplog.at_level(logging.INFO):
        recorder.emit(EventKind.NOTED, run)
        assert not recorder.flush(20)
    assert not recorder._shipper._running
    assert caplog.text == ""
    recorder.close()
    assert ship_spools(CaptureSettings(store.url, spool_dir=spool_dir)).accepted == 1


def test_a_store_that_is_not_migrated_is_waited_for_and_the_command_named_once(
    recorders, postgres_empty_url, spool_dir, run, caplog
):
    recorder = recorders(CaptureSettings(postgres_empty_url, spool_dir=spool_dir, linger=0.01, retry_limit=0.05))
    for _ in range(3):
        recorder.emit(EventKind.NOTED, run)
        recorder.flush(2)
        time.sleep(0.1)
    assert caplog.text.count("datatracing db upgrade") == 1
    assert pending(spool_dir, run.trace_id) == 3


def test_postgres_gets_them_too(recorders, postgres_url, spool_dir, run):
    recorder = recorders(CaptureSettings(postgres_url, spool_dir=spool_dir))
    for _ in range(10):
        recorder.emit(EventKind.NOTED, run)
    assert recorder.flush(20)
    assert recorder.counters["accepted"] == 10


FORKED = """
import json, os, sys, time
from pathlib import Path
from datatracing.capture import CaptureSettings, Recorder
from datatracing.model.event import EventKind
from datatracing.model.run import RunRef

settings = CaptureSettings(sys.argv[1], spool_dir=Path(sys.argv[2]), linger=0.001)
recorder = Recorder(settings)
run = RunRef("airflow", "default", "etl", "r1")

def emit(number):
    for _ in range(number):
        recorder.emit(EventKind.NOTED, run)

emit(20)
children = []
for n in range(6):
    emit(20)
    child = os.fork()
    if child == 0:
        emit(20)
        grandchild = os.fork()
        emit(5)
        recorder.flush(20)
        if grandchild:
            os.waitpid(grandchild, 0)
        os._exit(0)
    children.append(child)
    emit(20)
for child in children:
    assert os.waitpid(child, 0)[1] == 0
recorder.flush(20)
print(json.dumps([recorder.producer, recorder.counters]), flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_forks_with_a_live_shipper_lose_nothing_and_mix_nothing_up(child, request, spool_dir, database):
    url = request.getfixturevalue(f"{database}_url")
    parent, counters = json.loads(child(FORKED, url, spool_dir).finishes())
    ship_spools(CaptureSettings(url, spool_dir=spool_dir))
    from datatracing.store.registry import open_store

    store = open_store(url)
    rows = store.inbox("2ea6e5d4a5dd8ae1a92ad91df4d16ed8") or [
        row for trace in store.unfolded(10) for row in store.inbox(trace)
    ]
    store.close()
    seen = {}
    for row in rows:
        assert not set(range(row.seq, row.seq + row.n)) & seen.setdefault(row.producer, set())
        seen[row.producer] |= set(range(row.seq, row.seq + row.n))
    assert seen.pop(parent) == set(range(260))
    assert sorted(len(numbers) for numbers in seen.values()) == [5] * 6 + [25] * 6
    assert all(numbers == set(range(len(numbers))) for numbers in seen.values()), "no number is missing"
    assert counters["emitted"] == 260
    assert waiting_files(spool_dir) == []


def test_a_forked_child_leaves_the_parents_lock_alone_and_does_not_keep_it_either(
    child, unborn_store, spool_dir, eventually
):
    code = """
        import os, sys
        from pathlib import Path
        from datatracing.capture import CaptureSettings, Recorder, spool_status
        from datatracing.model.event import EventKind
        from datatracing.model.run import RunRef
        directory = Path(sys.argv[2])
        recorder = Recorder(CaptureSettings(sys.argv[1], spool_dir=directory))
        recorder.emit(EventKind.NOTED, RunRef("airflow", "default", "etl", "r1"))
        if os.fork() == 0:
            os.read(0, 1)
            os._exit(0)
        print([file.owner for file in spool_status(directory)], os.getpid(), flush=True)
        os.read(0, 1)
        os._exit(0)
    """
    parent = child(code, unborn_store.url, spool_dir)
    assert parent.says().startswith("['live']")
    os.kill(parent.process.pid, 9)
    parent.process.wait(20)
    eventually(lambda: [file.owner for file in spool_status(spool_dir)] == ["dead"])  # although the child lives


def test_a_child_that_says_nothing_has_nothing_of_its_parents_to_deliver(child, unborn_store, spool_dir):
    code = """
        import os, sys
        from pathlib import Path
        from datatracing.capture import CaptureSettings, Recorder
        from datatracing.model.event import EventKind
        from datatracing.model.run import RunRef
        recorder = Recorder(CaptureSettings(sys.argv[1], spool_dir=Path(sys.argv[2]), spool_limit=600))
        for _ in range(3):
            recorder.emit(EventKind.NOTED, RunRef("airflow", "default", "etl", "r1"))
        assert recorder.counters["lost.spool_full"]
        parent = recorder.producer
        if os.fork() == 0:
            print(recorder.flush(5), recorder.counters, recorder.producer != parent, flush=True)
            os._exit(0)
        os.wait()
        os._exit(0)
    """
    assert child(code, unborn_store.url, spool_dir).finishes() == "True {'emitted': 0} True"
    assert sum(file.losses for file in spool_status(spool_dir)) == 1


def test_however_many_threads_emit_first_there_is_one_shipper(recorders, settings, run):
    def shippers():
        return sum(thread.name == "datatracing-shipper" for thread in threading.enumerate())

    interval, before = sys.getswitchinterval(), shippers()
    sys.setswitchinterval(1e-6)
    try:
        for n in range(40):
            recorder, together = recorders(settings), threading.Barrier(8)

            def emit(recorder=recorder, together=together):
                together.wait()
                recorder.start()

            threads = [threading.Thread(target=emit) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            recorder.emit(EventKind.NOTED, run)
            assert recorder.flush(20)
            assert shippers() <= before + n + 1
    finally:
        sys.setswitchinterval(interval)


def test_law_1_a_fork_in_the_middle_of_our_import_does_not_leave_the_child_without_the_module(
    child, spool_dir, tmp_path
):
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "psycopg.py").write_text("import time; time.sleep(1); raise ImportError")
    code = """
        import os, sys, time
        from pathlib import Path
        from datatracing.capture import CaptureSettings, Recorder
        from datatracing.model.event import EventKind
        from datatracing.model.run import RunRef
        sys.path.insert(0, sys.argv[2])
        settings = CaptureSettings("postgresql://host/db", spool_dir=Path(sys.argv[1]), linger=0.001)
        Recorder(settings).emit(EventKind.NOTED, RunRef("airflow", "default", "etl", "r1"))
        while "psycopg" not in sys.modules:
            time.sleep(0.001)
        child = os.fork()
        if child == 0:
            try:
                import psycopg
            except ImportError:
                os._exit(7)
        for _ in range(1_000):
            found, status = os.waitpid(child, os.WNOHANG)
            if found:
                print(os.waitstatus_to_exitcode(status), flush=True)
                os._exit(0)
            time.sleep(0.01)
        os.kill(child, 9)
    """
    assert child(code, spool_dir, tmp_path / "modules").finishes() == "7"


def test_a_child_of_a_parent_that_had_the_sqlite_file_open_leaves_shipping_to_others(child, store, spool_dir):
    code = """
        import json, os, sys, threading, time
        from pathlib import Path
        from datatracing.capture import CaptureSettings, Recorder
        from datatracing.capture.sinks.sqlite import SqliteSink
        from datatracing.model.event import EventKind
        from datatracing.model.run import RunRef

        whole, inside, go_on = SqliteSink.send, threading.Event(), threading.Event()
        def send(self, rows):
            answer = whole(self, rows)
            inside.set()
            go_on.wait()
            return answer
        SqliteSink.send = send
        recorder = Recorder(CaptureSettings(sys.argv[1], spool_dir=Path(sys.argv[2]), linger=0.001))
        run = RunRef("airflow", "default", "etl", "r1")
        recorder.emit(EventKind.NOTED, run)
        inside.wait()
        if os.fork() == 0:
            SqliteSink.send = whole
            recorder.emit(EventKind.NOTED, run)
            print(recorder.flush(20), flush=True)
            os._exit(0)
        os.wait()
        go_on.set()
        print(recorder.flush(20), flush=True)
        os._exit(0)
    """
    assert child(code, store.url, spool_dir).finishes().split() == ["False", "True"]
    ship_spools(CaptureSettings(store.url, spool_dir=spool_dir))
    assert len({event.producer for event in store.events()}) == 2
