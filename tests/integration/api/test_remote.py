"""A connection to a collector answers as a connection to its store does."""

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from datatracing.access.visibility import NOTHING
from datatracing.connection import connect
from datatracing.errors import BadInputError, NotFoundError, StoreUnreachableError
from datatracing.model import clock, codec
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.states import State
from datatracing.query.runs import parse_filter
from datatracing.store.search import RunFilter
from tests.integration.api.conftest import TOKEN
from tests.sample_runs import NIGHT, Story, orders

NAME = f"airflow:{NIGHT.pipeline}/{NIGHT.run_id}"


@pytest.fixture
def url(store_url):
    """SQLite and Postgres, both."""
    return store_url


@pytest.fixture
def remote(address):
    """The same store, over HTTP."""
    connection = connect(address, TOKEN)
    yield connection
    connection.close()


def test_the_whole_life_of_a_run_goes_over_http(remote, store):
    story = orders()

    receipt = remote.accept(codec.dumps(event) for event in story.events)
    sealed = remote.complete(story.manifest(State.FAILED, 47.5))

    assert receipt.accepted == len(story.events)
    assert replace(sealed, inbox_rows=0) == replace(store.store.run(NIGHT.trace_id), inbox_rows=0)
    assert remote.find(NAME) == NIGHT.trace_id
    assert remote.trace(NIGHT.trace_id) == store.trace(NIGHT.trace_id)
    assert remote.why(NIGHT.trace_id) == store.why(NIGHT.trace_id)
    remote.check()
    assert remote.sweep() == 0


def test_lists_and_summaries_are_the_same_objects(remote, store):
    trace_id = orders().sealed(store, State.FAILED, 47.5)
    Story(replace(NIGHT, pipeline="calm")).begun().sealed(store, State.SUCCESS, 3)
    everything = parse_filter(orchestrator="airflow", namespace="default", since="2025-01-01", slower_than="0.5s")

    for where in (RunFilter(), everything, parse_filter(state="failed", pipeline="n*")):
        near, far = store.runs(where), remote.runs(where)
        assert [run.run for run in far.runs] == [run.run for run in near.runs]
    assert remote.runs(RunFilter(visibility=NOTHING)).runs == ()
    assert set(remote.summaries([trace_id, "ab" * 16])) == {trace_id}


def test_a_list_goes_on_behind_its_cursor(remote, store):
    orders().sealed(store, State.FAILED, 47.5)
    Story(replace(NIGHT, pipeline="calm")).begun().sealed(store, State.SUCCESS, 3)

    first = remote.runs(RunFilter(), limit=1)
    second = remote.runs(RunFilter(), limit=1, cursor=first.cursor)

    assert len({run.run for run in (*first.runs, *second.runs)}) == 2


def test_losses_travel(remote, store):
    remote.lose([LedgerEntry(Fate.LOST, "spool_full", 3, clock.now(), NIGHT.trace_id)])
    remote.lose([])
    assert [entry.count for entry in store.store.ledger(NIGHT.trace_id)] == [3]


def test_many_events_go_as_several_deliveries(remote, store):
    story = Story().begun()
    bulky = [replace(story.events[0], seq=seq, attributes={"text": "x" * 100_000}) for seq in range(60)]

    assert remote.accept(codec.dumps(event) for event in bulky).accepted == 60


def test_errors_are_the_same_errors(remote):
    with pytest.raises(NotFoundError, match="no run with the trace id"):
        remote.trace("ab" * 16)
    with pytest.raises(NotFoundError):
        remote.find(NAME)
    with pytest.raises(BadInputError, match="is not a run"):
        remote.find("orders")


def test_a_wrong_token_says_which_setting_to_look_at(address):
    with pytest.raises(StoreUnreachableError, match="DATATRACING_TOKEN"):
        connect(address, "wrong").check()


def test_a_collector_that_is_away_is_told_by_its_address_without_the_password():
    with pytest.raises(StoreUnreachableError) as error:
        connect("http://me:hunter2@127.0.0.1:1/datatracing", "t").check()
    assert "http://127.0.0.1:1/datatracing does not answer" in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("url", ["http://", "https://host:port/x", "http:///x"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(BadInputError):
        connect(url, "t")


class Elsewhere(BaseHTTPRequestHandler):
    """Something that is not a collector: a redirect, or a login page."""

    def do_GET(self):
        moved = self.path.startswith("/moved")
        self.send_response(307 if moved else 200)
        if moved:
            self.send_header("Location", "http://other.host/datatracing")
        self.end_headers()
        self.wfile.write(b"<html>sign in</html>")

    def log_message(self, *_):
        """Silence."""


@pytest.fixture
def elsewhere():
    """Its address."""
    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_redirect_is_told_and_not_followed_with_the_token(elsewhere):
    with pytest.raises(StoreUnreachableError, match=r"moved to http://other\.host/datatracing"):
        connect(f"{elsewhere}/moved", "t").check()


def test_a_login_page_is_not_a_collector(elsewhere):
    with pytest.raises(StoreUnreachableError, match="not as a DataTracing collector does"):
        connect(elsewhere, "t").check()
