"""What capture keeps is what the collector takes: by way of the agent, and where a process sends for itself."""

from dataclasses import replace

import pytest

from datatracing.agent import catch_up
from datatracing.capture import CaptureSettings, Recorder
from datatracing.errors import StoreUnreachableError
from datatracing.model import clock
from datatracing.model.event import EventKind, Statement
from datatracing.model.manifest import Manifest
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State

RUN = RunRef("airflow", "default", "etl", "r1")
SPAN = SpanKey("load", -1, 1)
TOKEN = "a-token-of-the-tests"


@pytest.fixture
def settings(address, tmp_path):
    return CaptureSettings(address, spool_dir=tmp_path / "spool", token=TOKEN)


@pytest.fixture
def recorder(settings):
    made = Recorder(replace(settings, store=""))  # so that no agent is started for it
    yield made
    made.close()


def test_events_of_a_recorder_are_taken(recorder, settings, store):
    recorder.say(Statement(EventKind.STARTED, RUN, span=SPAN, state=State.RUNNING))
    recorder.say(Statement(EventKind.ENDED, RUN, span=SPAN, state=State.SUCCESS))
    recorder.close()
    report = catch_up(settings, bound=None)
    assert (report.delivered, report.rejected, report.waits) == (2, 0, False)
    assert [each["state"] for each in store.trace(RUN.trace_id)["spans"]] == ["running", "success"]


def test_a_manifest_of_a_recorder_seals_its_run(recorder, settings, store):
    recorder.say(Statement(EventKind.STARTED, RUN, state=State.RUNNING))
    recorder.complete(Manifest(RUN, State.SUCCESS, "success", clock.now(), recorded=False))
    catch_up(settings, bound=None)
    assert store.store.run(RUN.trace_id).state is State.SUCCESS, "without a sweep"


def test_what_the_collector_rejects_is_counted_and_not_sent_again(recorder, settings):
    recorder.say(Statement(EventKind.NOTED, replace(RUN, namespace="another")))
    recorder.say(Statement(EventKind.NOTED, RUN))
    report = catch_up(settings, bound=None)
    assert (report.delivered, report.rejected) == (1, 1)
    assert not catch_up(settings, bound=None).waits


def test_a_wrong_token_keeps_everything_until_it_is_right(recorder, settings):
    recorder.say(Statement(EventKind.NOTED, RUN))
    wrong = catch_up(replace(settings, token="another"), bound=None)
    assert isinstance(wrong.error, StoreUnreachableError)
    assert "DATATRACING_TOKEN" in str(wrong.error)
    assert wrong.waits
    assert catch_up(settings, bound=None).delivered == 1


def test_a_process_whose_disk_goes_with_it_sends_for_itself(settings, store):
    alone = Recorder(replace(settings, ship="self"))
    alone.say(Statement(EventKind.STARTED, RUN, span=SPAN, state=State.RUNNING))
    alone.close()
    assert [each["task"] for each in store.trace(RUN.trace_id)["spans"]] == [None, "load"]
    assert not list(settings.spool_dir.glob("*.spool"))
