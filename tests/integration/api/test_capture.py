"""What capture sends is what the collector takes."""

from dataclasses import replace

import pytest

from datatracing.capture import CaptureSettings, Recorder, ship_spools
from datatracing.model import clock
from datatracing.model.event import EventKind
from datatracing.model.fate import Fate
from datatracing.model.manifest import Manifest
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State

RUN = RunRef("airflow", "default", "etl", "r1")
TOKEN = "a-token-of-the-tests"


@pytest.fixture
def settings(address, tmp_path):
    return CaptureSettings(address, spool_dir=tmp_path / "spool", token=TOKEN, linger=30.0)


@pytest.fixture
def recorder(settings):
    made = Recorder(settings)
    yield made
    made.close()


def test_events_and_losses_of_a_recorder_are_taken(recorder, store):
    span = SpanKey("load", -1, 1)
    recorder.emit(EventKind.STARTED, RUN, span=span, state=State.RUNNING)
    recorder.emit(EventKind.ENDED, replace(RUN, pipeline="x" * 300_000))
    recorder.emit(EventKind.ENDED, RUN, span=span, state=State.SUCCESS)
    assert recorder.flush(20)
    assert recorder.counters["accepted"] == 2
    assert store.sweep() == 1
    assert [each["state"] for each in store.trace(RUN.trace_id)["spans"]] == ["running", "success"]
    assert [(entry.fate, entry.reason, entry.count) for entry in store.store.ledger()] == [
        (Fate.LOST, "event_too_big", 1)
    ]


def test_a_manifest_of_a_recorder_seals_its_run(recorder, store):
    recorder.emit(EventKind.STARTED, RUN, state=State.RUNNING)
    recorder.complete(Manifest(RUN, State.SUCCESS, "success", clock.now(), recorded=False))
    assert recorder.flush(20)
    assert store.store.run(RUN.trace_id).state is State.SUCCESS, "without a sweep"


def test_what_the_collector_rejects_is_counted_and_not_sent_again(recorder, settings):
    recorder.emit(EventKind.NOTED, RUN, raw_state="x" * 300)
    recorder.emit(EventKind.NOTED, RUN)
    assert recorder.flush(20)
    assert (recorder.counters["accepted"], recorder.counters["rejected"]) == (1, 1)
    assert ship_spools(settings).files == 0


def test_a_wrong_token_keeps_everything_until_it_is_right(settings, recorder, caplog):
    wrong = Recorder(replace(settings, token="another"))
    wrong.emit(EventKind.NOTED, RUN)
    assert not wrong.flush(20)
    wrong.close()
    assert "DATATRACING_TOKEN" in caplog.text
    assert ship_spools(settings).accepted == 1
