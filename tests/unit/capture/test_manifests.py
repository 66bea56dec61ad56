"""A run's own account of its end goes the way of its events, and changes no books."""

import json
import zlib

import pytest

from datatracing.capture import CaptureSettings, ship_spools, spool_status
from datatracing.capture.guard import reraising
from datatracing.capture.packing import ManifestRow
from datatracing.capture.record import Kind, Record, scan
from datatracing.capture.scribe import MANIFEST_LIMIT
from datatracing.capture.sinks.opening import open_sink
from datatracing.collector.limits import Limits
from datatracing.collector.packing import pack_manifest
from datatracing.collector.seal import Sealer
from datatracing.collector.sweep import sweep
from datatracing.errors import BadInputError
from datatracing.model import codec
from datatracing.model.event import ErrorInfo, EventKind
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing.sampling.policy import default_policy
from datatracing.store.port import Content
from datatracing.store.registry import open_store

RUN = RunRef("prefect", "default", "shop", "12345678-1234-1234-1234-123456789abc")


def manifest(*attempts, **more):
    return Manifest(RUN, State.SUCCESS, "Completed", 1_000, attempts=attempts, recorded=False, **more)


@pytest.fixture
def store_settings(store_url, spool_dir):
    """Capture into SQLite, and into Postgres."""
    return CaptureSettings(store_url, spool_dir=spool_dir, linger=0.01, retry_limit=0.5)


@pytest.fixture
def opened(store_url):
    opened = open_store(store_url)
    yield opened
    opened.close()


def test_a_manifest_in_the_spool_completes_its_run_without_any_collector(recorders, store_settings, opened):
    recorder, key = recorders(store_settings), SpanKey("load", attempt=1, map_key="a")
    recorder.emit(EventKind.ENDED, RUN, span=key, state=State.SUCCESS)
    recorder.complete(manifest(Attempt(key, State.SUCCESS, "Completed")))
    assert recorder.flush(30)
    sweep(Sealer(opened, default_policy(1.0), Limits()))
    found = opened.run(RUN.trace_id)
    assert found.state is State.SUCCESS
    assert (found.completeness.status.value, found.completeness.expected) == ("complete", 1)
    assert (found.books.emitted, found.books.stored, found.books.balanced) == (1, 1, True), "a manifest is no event"


def test_a_manifest_that_is_sent_twice_is_there_once(store_settings, opened):
    sent = manifest(Attempt(SpanKey("load"), State.SUCCESS, "Completed"))
    sink = open_sink(store_settings)
    record = Record(Kind.MANIFEST, RUN.trace_id, sent.producer, sent.observed_at, codec.dumps(sent))
    sink.complete(record)
    sink.complete(record)
    sink.close()
    opened.append([pack_manifest(sent, 5)])
    (row,) = opened.inbox(RUN.trace_id)
    assert row.content is Content.MANIFEST
    assert codec.loads(Manifest, zlib.decompress(row.payload)) == sent


def test_what_is_free_text_in_a_manifest_is_redacted_before_it_is_in_the_spool(recorders, spool_dir):
    recorder = recorders(CaptureSettings("", spool_dir=spool_dir))
    secret = ErrorInfo("ValueError", "postgresql://shop:hunter2@warehouse/orders")
    attempt = Attempt(SpanKey("load"), State.FAILED, "Failed", error=secret)
    recorder.complete(manifest(attempt, attributes={"password": "hunter2"}, error=secret))
    (file,) = spool_dir.glob("*.events")
    assert b"warehouse" in file.read_bytes()
    assert b"hunter2" not in file.read_bytes()


def test_a_manifest_that_cannot_be_redacted_keeps_nothing_free(recorders, spool_dir):
    class Broken:
        def manifest(self, manifest):
            raise RuntimeError

    recorder = recorders(CaptureSettings("", spool_dir=spool_dir), redactor=Broken())
    with reraising(on=False):
        recorder.complete(manifest(Attempt(SpanKey("load"), State.FAILED, "Failed", attributes={"a": "hunter2"})))
    (file,) = spool_dir.glob("*.events")
    (record,) = scan(file.read_bytes())
    assert codec.loads(Manifest, record.json) == manifest(
        Attempt(SpanKey("load"), State.FAILED, "Failed"), attributes={"datatracing.stripped": "redaction_failed"}
    )


def test_a_manifest_that_is_too_big_still_says_how_the_run_ended(recorders, spool_dir):
    recorder = recorders(CaptureSettings("", spool_dir=spool_dir))
    name = "x" * (MANIFEST_LIMIT // 2)
    recorder.complete(manifest(*(Attempt(SpanKey(f"{name}{k}"), State.SUCCESS, "Completed") for k in range(2))))
    (file,) = spool_dir.glob("*.events")
    (record,) = scan(file.read_bytes())
    assert codec.loads(Manifest, record.json).attempts == ()
    assert recorder.counters["stripped.too_big"] == 2


def test_a_manifest_that_does_not_fit_into_the_spool_is_counted_and_blames_no_run(
    recorders, store, settings, eventually
):
    full = CaptureSettings(store.url, spool_dir=settings.spool_dir, spool_limit=1, linger=0.01)
    recorder = recorders(full)
    recorder.complete(manifest())
    assert recorder.counters["lost.manifest: spool_full"] == 1
    recorder.flush(30)
    eventually(lambda: [row[:3] for row in store.losses()] == [("manifest: spool_full", 1, "")])


def test_a_manifest_that_the_store_refuses_holds_up_nothing_and_is_put_aside(recorders, settings, store, spool_dir):
    recorder = recorders(settings)
    wrong = manifest()
    recorder.emit(EventKind.STARTED, RUN, state=State.RUNNING)
    recorder._outbox.put(Record(Kind.MANIFEST, wrong.trace_id, "manifest", 1, b"[]"))
    recorder.emit(EventKind.ENDED, RUN, state=State.SUCCESS)
    assert recorder.flush(30)
    assert len(store.events()) == 2
    assert list((spool_dir / "quarantine").iterdir())
    assert [name for name in recorder.counters if name.startswith("lost.manifest: refused_by_store")]


def test_a_manifest_of_a_killed_process_is_shipped_by_the_next(child, settings, store, spool_dir):
    other = child(
        """
        import sys, time
        from pathlib import Path
        from datatracing.capture import CaptureSettings, Recorder
        from datatracing.model.manifest import Manifest
        from datatracing.model.run import RunRef
        from datatracing.model.states import State
        run = RunRef("prefect", "default", "shop", "12345678-1234-1234-1234-123456789abc")
        recorder = Recorder(CaptureSettings("", spool_dir=Path(sys.argv[1])))
        recorder.complete(Manifest(run, State.SUCCESS, "Completed", 7))
        print("acknowledged", flush=True)
        time.sleep(60)
        """,
        spool_dir,
    )
    assert other.says() == "acknowledged"
    other.kill()
    assert [(file.owner, file.events, file.losses) for file in spool_status(spool_dir)] == [("dead", 0, 0)]
    assert ship_spools(settings).files == 1
    ((_, producer, seq, n, _),) = store.rows()
    assert (producer, seq, n) == ("manifest", 7, 0)


def test_a_row_knows_what_is_no_manifest():
    for data in (b"{", b"[]", b'{"attempts": 1}'):
        with pytest.raises(BadInputError):
            _ = ManifestRow(Record(Kind.MANIFEST, "", "manifest", 0, data)).n
    assert ManifestRow(Record(Kind.MANIFEST, "", "manifest", 0, json.dumps({"attempts": [{}]}).encode())).n == 1
