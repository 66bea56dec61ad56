"""What the API takes in, and what it refuses."""

import gzip
import json
import zlib
from dataclasses import replace

import httpx
import pytest

from datatracing.access.tokens import shared
from datatracing.api.app import create_app
from datatracing.api.body import BodyLimits
from datatracing.connection import connect
from datatracing.model import clock, codec
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.states import State
from datatracing.model.token import Scope
from tests.integration.api.conftest import TOKEN, served
from tests.sample_runs import NIGHT, Story, orders, times


def lines(story):
    return b"\n".join(codec.dumps(event) for event in story.events)


def test_events_are_taken_once_however_often_they_are_sent(api, store):
    story = orders()

    first = api.post("/api/v1/events", content=lines(story)).json()
    again = api.post("/api/v1/events", content=lines(story)).json()

    assert first == {"accepted": len(story.events), "duplicate": 0, "rejected": []}
    assert again == {"accepted": 0, "duplicate": len(story.events), "rejected": []}


def test_compressed_events_are_taken_in_one_member_or_many(api):
    story = orders()
    events = [codec.dumps(event) for event in story.events]
    body = gzip.compress(b"\n".join(events[:3]) + b"\n") + gzip.compress(b"\n".join(events[3:]))

    answer = api.post("/api/v1/events", content=body, headers={"Content-Encoding": "gzip"})

    assert answer.json()["accepted"] == len(events)


def test_a_bad_event_is_refused_with_its_reason_and_takes_no_good_one_with_it(api, store):
    answer = api.post("/api/v1/events", content=lines(Story().begun()) + b'\n{"kind": "exploded"}\nnot json\n')

    assert answer.json()["accepted"] == 1
    assert sum(refusal["count"] for refusal in answer.json()["rejected"]) == 2
    assert sum(entry.count for entry in store.store.ledger() if entry.fate is Fate.REJECTED) == 2


def test_the_servers_sweep_opens_a_run_that_only_events_speak_of(api):
    api.post("/api/v1/events", content=lines(Story().begun()))

    assert _eventually(lambda: api.get("/api/v1/runs").json()["runs"])[0]["state"] == "running"


def test_a_manifest_seals_its_run(api, store):
    story = orders()
    api.post("/api/v1/events", content=lines(story))

    answer = api.post("/api/v1/manifests", content=codec.dumps(story.manifest(State.FAILED, 47.5)))

    assert answer.json()["completeness"]["status"] == "complete"
    assert store.trace(NIGHT.trace_id)["run"]["verdict"]["rule"] == "failed"


def test_losses_become_a_fate(api, store):
    loss = LedgerEntry(Fate.LOST, "spool_full", 3, clock.now(), NIGHT.trace_id, "worker-1")

    assert api.post("/api/v1/losses", content=codec.dumps(loss)).json() == {"recorded": 1}
    assert store.store.ledger(NIGHT.trace_id) == [replace(loss, namespace="default")]


def test_summaries_answers_for_the_runs_that_are_known(api, store):
    trace_id = orders().sealed(store, State.FAILED, 47.5)

    answer = api.post("/api/v1/summaries", json={"trace_ids": [trace_id, "ab" * 16]}).json()

    assert list(answer["runs"]) == [trace_id]
    assert answer["runs"][trace_id]["fate"] == "kept"


REFUSED = [
    ("/api/v1/losses", b'{"fate": "kept", "reason": "x", "count": 1, "at": 1}', 400),
    ("/api/v1/losses", b'{"fate": "lost", "reason": "x", "count": -1, "at": 1}', 400),
    ("/api/v1/losses", b'{"fate": "lost", "reason": "x", "count": 1099511627776, "at": 1}', 400),
    ("/api/v1/losses", b"[]", 400),
    ("/api/v1/manifests", b"", 400),
    ("/api/v1/manifests", b'{"run": 1}', 400),
    ("/api/v1/manifests", b"[" * 100_000, 400),
    ("/api/v1/summaries", b'{"trace_ids": ["x"]}', 400),
    ("/api/v1/summaries", b'{"trace_ids": "x"}', 400),
    ("/api/v1/summaries", json.dumps({"trace_ids": ["ab" * 16] * 1001}).encode(), 400),
]


@pytest.mark.parametrize(("path", "body", "status"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_malformed_is_refused_by_name(api, store, path, body, status):
    answer = api.post(path, content=body)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert store.store.ledger() == []


NOT_GZIP = {"text": b"not gzip", "cut off": gzip.compress(b"x" * 1000)[:-12], "zlib": zlib.compress(b"x")}


@pytest.mark.parametrize("kind", NOT_GZIP)
def test_a_body_that_is_not_what_it_says_is_refused(api, kind):
    answer = api.post("/api/v1/events", content=NOT_GZIP[kind], headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert "gzip" in answer.json()["detail"]


def test_an_encoding_that_is_not_known_is_refused(api):
    assert api.post("/api/v1/events", content=b"x", headers={"Content-Encoding": "br"}).status_code == 415


@pytest.fixture
def small():
    """A server that takes little."""
    connection = connect("memory://")
    limits = BodyLimits(sent=10_000, inflated=50_000)
    app = create_app(connection, reader=lambda: None, tokens=shared(TOKEN, "default", Scope), limits=limits)
    with served(app) as url, httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client
    connection.close()


def test_a_body_that_is_too_large_is_refused_before_it_is_read_to_its_end(small):
    assert small.post("/api/v1/events", content=b"x" * 20_000).status_code == 413
    assert small.post("/api/v1/events", content=iter([b"x" * 1_000] * 20)).status_code == 413


def test_a_decompression_bomb_is_refused(small):
    bomb = gzip.compress(b"\n" * 5_000_000)
    assert len(bomb) < 10_000

    answer = small.post("/api/v1/events", content=bomb, headers={"Content-Encoding": "gzip"})

    assert answer.status_code == 413


def test_many_small_members_add_up(small):
    bomb = gzip.compress(b"\n" * 40_000) * 2
    assert small.post("/api/v1/events", content=bomb, headers={"Content-Encoding": "gzip"}).status_code == 413


def test_events_of_a_run_that_is_sealed_already_are_folded_in(api, store):
    story = Story().begun().task("copy", State.SUCCESS, times(0, 0.1, 1, 2))
    store.complete(story.manifest(State.SUCCESS, 3))
    assert store.trace(NIGHT.trace_id)["run"]["completeness"]["status"] == "partial"

    api.post("/api/v1/events", content=lines(story))

    _eventually(lambda: store.trace(NIGHT.trace_id)["run"]["completeness"]["status"] == "complete")
    assert store.trace(NIGHT.trace_id)["run"]["revision"] == 1


def _eventually(look, patience=10):
    import time

    until = time.monotonic() + patience
    while not (seen := look()):
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)
    return seen
