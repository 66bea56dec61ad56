"""To a collector over HTTP, against a real server on a socket."""

import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from datatracing.capture.packing import Row
from datatracing.capture.record import Kind, Record
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.sinks.collector import CollectorSink
from datatracing.capture.sinks.port import Receipt
from datatracing.errors import BadInputError, StoreUnreachableError
from datatracing.model import codec
from datatracing.model.fate import Fate, LedgerEntry

ACCEPTED = json.dumps({"accepted": 2, "duplicate": 0, "rejected": []})


class Requests(BaseHTTPRequestHandler):
    """Notes what is asked and answers what the test has said."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):  # the name that http.server calls
        body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), body.split(b"\n")))
        status, answer, headers = self.server.answer
        time.sleep(self.server.pause)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(answer)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_):
        """Silence."""


@pytest.fixture
def collector():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    server.daemon_threads = True
    server.asked, server.answer, server.pause = [], (200, ACCEPTED, {}), 0
    server.url = f"http://127.0.0.1:{server.server_port}/datatracing"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sinks(tmp_path):
    made = []

    def make(url, **options):
        made.append(CollectorSink(CaptureSettings(url, spool_dir=tmp_path, **options)))
        return made[-1]

    yield make
    for sink in made:
        sink.close()


ROWS = [Row("ab" * 16, "p1", 0, tuple(Record(Kind.EVENT, "ab" * 16, "p1", n, b'{"n":%d}' % n) for n in range(2)))]


def test_events_are_one_json_object_a_line_compressed_and_with_the_token(collector, sinks):
    assert sinks(collector.url + "/", token="s3cret").send(ROWS) == Receipt(accepted=2)
    ((path, headers, lines),) = collector.asked
    assert path == "/datatracing/api/v1/events"
    assert headers["Authorization"] == "Bearer s3cret"
    assert headers["Content-Type"] == "application/x-ndjson"
    assert lines == [b'{"n":0}', b'{"n":1}']


def test_without_a_token_none_is_sent(collector, sinks):
    sinks(collector.url).send(ROWS)
    assert "Authorization" not in collector.asked[0][1]


def test_the_answer_says_what_became_of_them(collector, sinks):
    rejected = [{"reason": "too large", "count": 2}, {"reason": "no run", "count": 3}]
    collector.answer = (202, json.dumps({"accepted": 1, "duplicate": 4, "rejected": rejected}), {})
    assert sinks(collector.url).send(ROWS) == Receipt(1, 4, 5)


def test_losses_have_a_place_of_their_own(collector, sinks):
    entry = LedgerEntry(Fate.LOST, "disk_full", 3, 1_000, "ab" * 16, "p1")
    sinks(collector.url).report([entry, entry])
    ((path, _, lines),) = collector.asked
    assert path == "/datatracing/api/v1/losses"
    assert [codec.loads(LedgerEntry, line) for line in lines] == [entry, entry]


def test_a_manifest_is_one_document_at_a_place_of_its_own(collector, sinks):
    sinks(collector.url).complete(Record(Kind.MANIFEST, "ab" * 16, "manifest", 7, b'{"run": {}}'))
    ((path, headers, lines),) = collector.asked
    assert path == "/datatracing/api/v1/manifests"
    assert (headers["Content-Type"], lines) == ("application/json", [b'{"run": {}}'])


def test_a_login_page_takes_no_manifest(collector, sinks):
    collector.answer = (200, "<html>", {})
    with pytest.raises(StoreUnreachableError):
        sinks(collector.url).complete(Record(Kind.MANIFEST, "ab" * 16, "manifest", 7, b"{}"))


@pytest.mark.parametrize("status", [400, 409, 410, 413, 415, 422])
def test_a_client_error_is_a_verdict_on_the_batch(collector, sinks, status):
    collector.answer = (status, "{}", {})
    with pytest.raises(BadInputError, match=str(status)):
        sinks(collector.url).send(ROWS)


@pytest.mark.parametrize("status", [401, 403, 404, 405, 407, 408, 425, 429, 500, 502, 503, 504])
def test_what_is_no_verdict_on_the_batch_is_tried_again(collector, sinks, status):
    collector.answer = (status, "<html>", {})
    with pytest.raises(StoreUnreachableError):
        sinks(collector.url).send(ROWS)


def test_a_refused_token_names_the_setting_and_does_not_show_it(collector, sinks):
    collector.answer = (401, "{}", {})
    with pytest.raises(StoreUnreachableError, match="DATATRACING_TOKEN") as error:
        sinks(collector.url, token="s3cret").send(ROWS)
    assert "s3cret" not in str(error.value)


def test_law_7_a_token_that_is_no_header_is_not_shown(collector, sinks):
    with pytest.raises(StoreUnreachableError) as error:
        sinks(collector.url, token="s3cret\n").send(ROWS)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("answer", ["<html>please sign in</html>", "", "[]", "7", "{}", '{"accepted": 2}'])
def test_an_answer_that_is_not_a_collectors_lets_go_of_nothing(collector, sinks, answer):
    collector.answer = (200, answer, {})
    with pytest.raises(StoreUnreachableError, match="not as a DataTracing collector"):
        sinks(collector.url).send(ROWS)


def test_a_redirect_is_not_followed_because_the_token_would_go_along(collector, sinks):
    collector.answer = (307, "", {"Location": collector.url + "/elsewhere"})
    with pytest.raises(StoreUnreachableError, match="307"):
        sinks(collector.url, token="s3cret").send(ROWS)
    assert len(collector.asked) == 1


def test_a_connection_serves_many_batches_and_one_that_was_closed_is_made_again(collector, sinks):
    sink = sinks(collector.url)
    sink.send(ROWS)
    collector.answer = (200, ACCEPTED, {"Connection": "close"})
    sink.send(ROWS)
    assert sink.send(ROWS) == Receipt(accepted=2)
    sink.close()
    assert sink.send(ROWS) == Receipt(accepted=2)


def test_a_collector_that_never_answers_is_given_up_in_time(black_hole, sinks):
    began = time.monotonic()
    with pytest.raises(StoreUnreachableError):
        sinks(f"http://{black_hole}/datatracing", send_timeout=0.3).send(ROWS)
    assert time.monotonic() - began < 3


def test_a_collector_that_answers_a_byte_at_a_time_is_given_up_in_time(sinks, dripping_server):
    began = time.monotonic()
    with pytest.raises(StoreUnreachableError):
        sinks(f"http://{dripping_server}/datatracing", send_timeout=0.5).send(ROWS)
    assert time.monotonic() - began < 3


def test_nobody_listening_is_not_reached(sinks, closed_port):
    with pytest.raises(StoreUnreachableError, match="does not answer"):
        sinks(f"http://{closed_port}/datatracing").send(ROWS)
