"""What hooks call: it keeps what it is told, whatever it is told, and the host hears nothing of it."""

import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

from datatracing.capture import CaptureSettings
from datatracing.capture.encoder import MARKER
from datatracing.capture.guard import reraising
from datatracing.capture.producer import TRACES, Producer
from datatracing.model.event import ErrorInfo, Event, EventKind, Statement, Times
from datatracing.model.link import Access, AssetUse, Direction, Link, LinkKind
from datatracing.model.run import SpanKey
from datatracing.model.states import State
from tests.capturing import in_files, lost_in

SPAN = SpanKey("load", 3, 2)


def test_an_event_arrives_as_it_was_emitted(recorders, silent, spool_dir, run):
    recorder = recorders(silent)
    said = {
        "span": SPAN,
        "state": State.FAILED,
        "raw_state": "up_for_retry",
        "reporter": "scheduler",
        "times": Times(1, 2, 3, 4),
        "upstream": ("extract",),
        "attributes": {"rows": 7, "nested": {"list": [1, None, True]}},
        "error": ErrorInfo("ValueError", "no such column", "Traceback"),
        "links": (Link(LinkKind.TRIGGERED, Direction.DOWN, replace(run, run_id="r2"), "operator"),),
        "assets": (AssetUse("s3://bucket/key", Access.WRITE),),
    }
    recorder.say(Statement(EventKind.ENDED, run, **said), at=1_700_000_000_000_000)
    number = {"producer": recorder.producer, "seq": 0, "at": 1_700_000_000_000_000}
    assert in_files(spool_dir) == [Event(EventKind.ENDED, run, **said, **number)]


def test_numbers_count_from_0_per_run_and_the_moment_is_now(recorders, silent, spool_dir, run):
    recorder = recorders(silent)
    other = replace(run, run_id="r2")
    began = time.time() * 1e6
    for each in (run, other, run, run, other):
        recorder.say(Statement(EventKind.NOTED, each))
    assert [event.seq for event in in_files(spool_dir) if event.run == run] == [0, 1, 2]
    assert [event.seq for event in in_files(spool_dir) if event.run == other] == [0, 1]
    assert all(began - 1 <= event.at <= time.time() * 1e6 + 1 for event in in_files(spool_dir))


def test_a_producer_of_very_many_runs_takes_another_name_rather_than_a_number_twice():
    producer = Producer()
    seen = {producer.number(f"{n:032x}") for n in range(TRACES)}
    first = producer.name
    assert producer.number("0" * 32) == (first, 1), "a run that is known keeps its numbers"
    name, seq = producer.number("f" * 32)
    assert (name != first, seq) == (True, 0)
    assert producer.number("0" * 32) == (name, 0)
    assert seen == {(first, 0)}


def test_many_threads_lose_nothing_and_use_no_number_twice(recorders, silent, spool_dir, run):
    recorder = recorders(silent)
    threads = [
        threading.Thread(target=lambda: [recorder.say(Statement(EventKind.NOTED, run)) for _ in range(100)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(event.seq for event in in_files(spool_dir)) == list(range(800))


def test_a_signal_handler_that_emits_in_the_middle_of_an_emit_neither_blocks_nor_loses(
    recorders, silent, spool_dir, run
):
    recorder = recorders(silent)
    handled = 0

    def emit_too(*_):
        nonlocal handled
        handled += 1
        recorder.say(Statement(EventKind.NOTED, run))
        signal.setitimer(signal.ITIMER_REAL, 0.002)

    before = signal.signal(signal.SIGALRM, emit_too)
    signal.setitimer(signal.ITIMER_REAL, 0.002)
    try:
        for _ in range(600):
            recorder.say(Statement(EventKind.NOTED, run))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert handled > 3
    assert sorted(event.seq for event in in_files(spool_dir)) == list(range(600 + handled))


def test_an_event_that_is_too_big_becomes_its_skeleton_and_says_so(recorders, silent, spool_dir, run):
    recorder = recorders(replace(silent, event_limit=2_000), redactor=Unchanged())
    attributes = {"text": "x" * 10_000}
    error = ErrorInfo("ValueError", "y" * 10_000)
    recorder.say(Statement(EventKind.ENDED, run, span=SPAN, state=State.FAILED, attributes=attributes, error=error))
    (event,) = in_files(spool_dir)
    assert (event.span, event.state, event.attributes, event.error) == (SPAN, State.FAILED, {MARKER: "too_big"}, None)
    assert recorder.counters["stripped.too_big"] == 1


def test_an_event_with_too_many_edges_keeps_its_state(recorders, silent, spool_dir, run):
    recorder = recorders(replace(silent, event_limit=2_000), redactor=Unchanged())
    recorder.say(Statement(EventKind.ENDED, run, state=State.FAILED, upstream=tuple(f"task{n}" for n in range(1_000))))
    (event,) = in_files(spool_dir)
    assert (event.state, event.upstream) == (State.FAILED, ())


def test_an_event_whose_very_name_is_too_big_is_lost_with_a_reason(recorders, silent, spool_dir, run):
    recorder = recorders(replace(silent, event_limit=100), redactor=Unchanged())
    recorder.say(Statement(EventKind.ENDED, replace(run, pipeline="x" * 10_000)))
    recorder.close()
    assert [(reason, n) for (_, reason), n in lost_in(spool_dir).items()] == [("event_too_big", 1)]
    assert recorder.counters["lost.event_too_big"] == 1


class Unchanged:
    """A redactor that has nothing to do."""

    def event(self, event):
        return event


class Broken:
    """A redactor that fails on every event."""

    def event(self, event):
        raise RuntimeError(f"cannot redact {event}")


def test_law_7_when_redaction_fails_nothing_that_a_user_wrote_is_kept(recorders, silent, spool_dir, run, caplog):
    recorder = recorders(replace(silent), redactor=Broken())
    with reraising(on=False):
        recorder.say(
            Statement(
                EventKind.ENDED,
                run,
                span=SPAN,
                state=State.FAILED,
                attributes={"hunter2": "hunter2"},
                error=ErrorInfo("Error", "hunter2"),
                assets=(AssetUse("s3://me:hunter2@bucket", Access.READ),),
                links=(Link(LinkKind.TRIGGERED, Direction.DOWN, replace(run, run_id="r2"), "conf hunter2"),),
            )
        )
    spooled = b"".join(path.read_bytes() for path in spool_dir.iterdir())
    assert spooled
    assert b"hunter2" not in spooled
    assert "hunter2" not in caplog.text
    (event,) = in_files(spool_dir)
    assert (event.span, event.state, event.attributes) == (SPAN, State.FAILED, {MARKER: "redaction_failed"})
    assert [link.run.run_id for link in event.links] == ["r2"]
    assert recorder.counters["stripped.redaction_failed"] == 1


class Talkative:
    """A user's object that shows a secret when it is printed."""

    def __str__(self):
        return "postgresql://me:hunter2@host/db"

    __repr__ = __str__


class Hostile:
    """A user's object that cannot even be printed."""

    def __str__(self):
        raise RuntimeError("no")

    __repr__ = __str__


def test_law_7_nothing_unredacted_reaches_the_spool(recorders, silent, spool_dir, run):
    recorder = recorders(replace(silent))
    recorder.say(
        Statement(
            EventKind.ENDED,
            run,
            attributes={
                "password": "hunter2",
                "conn": "postgresql://me:hunter2@host/db",
                "deep": [{"api_key": "hunter2"}],
                "object": Talkative(),
                "keyed": {Talkative(): 1},
                "postgresql://me:hunter2@host": 1,
            },
            error=ErrorInfo("Error", "cannot reach postgresql://me:hunter2@host/db", "File x\npassword='hunter2'"),
            assets=(AssetUse("postgresql://me:hunter2@host/db/table", Access.READ),),
        )
    )
    spooled = b"".join(path.read_bytes() for path in spool_dir.glob("*.spool"))
    assert b"cannot reach" in spooled
    assert b"hunter2" not in spooled


def test_law_1_nothing_that_a_user_puts_into_an_event_reaches_the_host(recorders, silent, spool_dir, run):
    recorder = recorders(silent)
    circle = {}
    circle["self"] = circle
    deep = []
    for _ in range(5_000):
        deep = [deep]
    values = [
        circle,
        {"x": deep},
        {"x": Hostile()},
        {Hostile(): 1},
        {"x": float("nan")},
        {"x": "\ud800"},
        {"x": b"\xff"},
        {1: {2: 3}},
        {"x": 10**400},
        {"x": {1, "a"}},
        {MARKER: "mine"},
    ]
    with reraising(on=False):
        for attributes in values:
            recorder.say(Statement(EventKind.NOTED, run, attributes=attributes))
        recorder.say(Statement(EventKind.NOTED, run, attributes=7))
    recorder.close()
    there = [event.seq for event in in_files(spool_dir)]
    assert there == list(range(len(values) + 1))
    assert not lost_in(spool_dir)


def test_law_1_an_emit_takes_well_under_five_milliseconds(recorders, silent, spool_dir, run):
    recorder = recorders(silent)
    took = []
    for _ in range(300):
        began = time.perf_counter()
        recorder.say(
            Statement(EventKind.STARTED, run, span=SPAN, state=State.RUNNING, attributes={"owner": "me", "tags": ["a"]})
        )
        took.append(time.perf_counter() - began)
    assert sorted(took)[150] < 0.002


def test_law_1_an_emit_without_a_run_is_caught_and_counted(recorders, silent):
    recorder = recorders(silent)
    with reraising(on=False):
        recorder.say(Statement(EventKind.NOTED, None))
    assert recorder.counters["caught.capture.say"] >= 1


def test_a_clock_that_goes_backwards_changes_no_number(recorders, silent, spool_dir, run):
    recorder = recorders(silent)
    for at in (5_000, 4_000, 3_000):
        recorder.say(Statement(EventKind.NOTED, run), at)
    assert [(event.seq, event.at) for event in in_files(spool_dir)] == [(0, 5_000), (1, 4_000), (2, 3_000)]


def test_relative_paths_do_not_follow_a_task_to_another_directory(recorders, spool_dir, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    recorder = recorders(CaptureSettings("", spool_dir=Path(spool_dir.name)))
    monkeypatch.chdir(tmp_path / "elsewhere")
    recorder.say(Statement(EventKind.NOTED, run))
    assert len(in_files(spool_dir)) == 1
    assert list((tmp_path / "elsewhere").iterdir()) == []
