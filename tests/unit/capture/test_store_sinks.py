"""Straight into a store: the same promises on SQLite and on Postgres."""

import os
import signal
import sqlite3
import time

import psycopg
import pytest

from datatracing.capture.packing import Row
from datatracing.capture.record import Kind, Record
from datatracing.capture.settings import CaptureSettings
from datatracing.capture.sinks.address import masked, parse_database
from datatracing.capture.sinks.opening import open_sink
from datatracing.capture.sinks.port import Receipt
from datatracing.errors import BadInputError, SchemaMismatchError, StoreUnreachableError
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.store.port import InboxRow
from datatracing.store.registry import open_store

TRACE = "ab" * 16


def row(seq, n=1, trace_id=TRACE):
    records = tuple(Record(Kind.EVENT, trace_id, "p1", seq + k, b'{"k": %d}' % k) for k in range(n))
    return Row(trace_id, "p1", seq, records)


@pytest.fixture
def sinks(tmp_path):
    """Opens sinks by URL, and closes them."""
    made = []

    def make(url, **options):
        made.append(open_sink(CaptureSettings(url, spool_dir=tmp_path / "spool", **options)))
        return made[-1]

    yield make
    for sink in made:
        sink.close()


@pytest.fixture
def sink(sinks, store_url):
    return sinks(store_url)


@pytest.fixture
def opened(store_url):
    """The same store, through the front door."""
    opened = open_store(store_url)
    yield opened
    opened.close()


def test_rows_arrive_as_the_store_expects_them(sink, opened):
    sent = [row(0, 3), row(7)]
    assert sink.send(sent) == Receipt(accepted=4)
    found = sorted(opened.inbox(TRACE), key=lambda each: each.seq)
    assert [(each.producer, each.seq, each.n, each.payload) for each in found] == [
        ("p1", 0, 3, sent[0].payload),
        ("p1", 7, 1, sent[1].payload),
    ]
    assert opened.append([InboxRow(**vars(each)) for each in found]) == 0, "and knows them when they come again"


def test_a_row_that_was_sent_before_is_a_duplicate(sink, opened):
    sink.send([row(0, 3)])
    assert sink.send([row(0, 3), row(3, 2)]) == Receipt(accepted=2, duplicate=3)
    assert len(opened.inbox(TRACE)) == 2


def test_losses_are_in_the_ledger_once_however_often_they_are_reported(sink, opened):
    entries = [LedgerEntry(Fate.LOST, "disk_full", 3, 1_000, TRACE, "p1"), LedgerEntry(Fate.LOST, "torn", 1, 1_001)]
    sink.report(entries)
    sink.report(entries)
    assert sorted(opened.ledger(), key=lambda entry: entry.at) == entries
    assert opened.ledger(TRACE) == entries[:1]


def test_one_row_that_the_database_cannot_hold_refuses_the_batch_and_the_next_one_passes(sink, opened):
    with pytest.raises(BadInputError):
        sink.send([row(0), row(2**63)])
    assert opened.inbox(TRACE) == []
    assert sink.send([row(0)]) == Receipt(accepted=1)


def test_a_store_that_is_not_migrated_names_the_command(sinks, postgres_empty_url, tmp_path):
    with sqlite3.connect(tmp_path / "empty.db") as connection:
        connection.execute("PRAGMA user_version=1")
    connection.close()
    for url in (postgres_empty_url, f"sqlite:///{tmp_path / 'empty.db'}"):
        for send in (lambda sink: sink.send([row(0)]), lambda sink: sink.report([LedgerEntry(Fate.LOST, "x", 1, 0)])):
            with pytest.raises(SchemaMismatchError, match="datatracing db upgrade"):
                send(sinks(url))


def test_a_sqlite_store_that_is_not_there_is_not_made(sinks, tmp_path):
    with pytest.raises(StoreUnreachableError, match="datatracing db upgrade"):
        sinks(f"sqlite:///{tmp_path / 'none.db'}").send([row(0)])
    assert not (tmp_path / "none.db").exists()


def test_a_sqlite_path_is_taken_as_it_is_written(sinks, sqlite_url, tmp_path):
    odd = tmp_path / "a b%20c#d.db"
    (tmp_path / "traces.db").rename(odd)
    assert sinks(f"sqlite:///{odd}").send([row(0)]) == Receipt(accepted=1)


def test_a_file_that_is_no_database_is_not_reached(sinks, tmp_path):
    (tmp_path / "text.db").write_text("not a database, " * 100)
    with pytest.raises(StoreUnreachableError):
        sinks(f"sqlite:///{tmp_path / 'text.db'}").send([row(0)])


def test_a_locked_sqlite_store_is_waited_for_and_then_tried_again_later(sinks, sqlite_url):
    sink = sinks(sqlite_url, send_timeout=0.2)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(StoreUnreachableError, match="locked"):
        sink.send([row(0)])
    assert 0.1 < time.monotonic() - began < 5
    other.close()
    assert sink.send([row(0)]) == Receipt(accepted=1)


def test_a_server_that_never_answers_is_given_up_in_time(sinks, black_hole):
    began = time.monotonic()
    with pytest.raises(StoreUnreachableError):
        sinks(f"postgresql+psycopg://me:hunter2@{black_hole}/db", connect_timeout=1.0).send([row(0)])
    assert time.monotonic() - began < 8


def test_a_database_that_stops_answering_in_the_middle_is_given_up_in_time(sinks, postgres_url):
    sink = sinks(postgres_url, send_timeout=0.5)
    sink.send([row(0)])
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE inbox")
        began = time.monotonic()
        with pytest.raises(StoreUnreachableError, match="statement timeout"):
            sink.send([row(1)])
        assert time.monotonic() - began < 5
    assert sink.send([row(1)]) == Receipt(accepted=1)


def test_a_server_process_that_hangs_is_given_up_in_time(sinks, postgres_url):
    sink = sinks(postgres_url, send_timeout=0.5)
    sink.send([row(0)])
    server = sink._connection.info.backend_pid
    os.kill(server, signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(StoreUnreachableError):
            sink.send([row(1)])
        assert time.monotonic() - began < 5
    finally:
        os.kill(server, signal.SIGCONT)
    assert sink.send([row(1)]) == Receipt(accepted=1)


def test_a_connection_that_the_server_ended_is_made_again(sinks, postgres_url):
    sink = sinks(postgres_url)
    sink.send([row(0)])
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    with pytest.raises(StoreUnreachableError):
        sink.send([row(1)])
    assert sink.send([row(1)]) == Receipt(accepted=1)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://me:hunter2@127.0.0.1:1/db",
        "postgresql://me:hunter2@127.0.0.1:1/db?password=hunter2",
        "postgresql://me:hunter2@127.0.0.1:1/db?nonsense=1",
        "postgresql://me:hunter2@host:port/db",
        "postgresql://me:hunter2@[::1/db",
        "http://me:hunter2@127.0.0.1:1/x",
        "http://me:hunter2@127.0.0.1:port/x",
        "http://me:hunter2@[::1/x",
        "http://hunter2@/x",
        "mysql://me:hunter2@host/db",
        "me:hunter2@host/db",
        "hunter2@",
        "",
    ],
)
def test_law_7_no_error_shows_the_password_of_a_url(sinks, url):
    with pytest.raises(StoreUnreachableError) as error:
        sinks(url, token="hunter2").send([row(0)])
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://me:p%40ss@host:5432/db", "postgresql+psycopg://***@host:5432/db"),
        ("postgresql://me:p@ss/w?rd@host/db", "postgresql://***@host/db"),
        ("https://host/datatracing?access_token=abc&x=1", "https://host/datatracing?access_token=***&x=1"),
        ("sqlite:////var/traces.db", "sqlite:////var/traces.db"),
    ],
)
def test_a_shown_url_hides_what_is_secret_and_nothing_else(url, shown):
    assert masked(url) == shown


@pytest.mark.parametrize(
    ("url", "keywords"),
    [
        ("postgresql+psycopg://me:p%40s%2Fs@db.example:5433/traces", ("db.example", "5433", "me", "p@s/s", "traces")),
        ("postgresql://me@db.example/traces", ("db.example", None, "me", None, "traces")),
        ("postgresql://me:pw@[::1]:5433/traces", ("::1", "5433", "me", "pw", "traces")),
        ("postgresql:///traces?host=/var/run/x&user=me", ("/var/run/x", None, "me", None, "traces")),
    ],
)
def test_a_database_url_is_read_as_the_store_reads_it(url, keywords):
    read = parse_database(url).keywords()
    assert tuple(read.get(name) for name in ("host", "port", "user", "password", "dbname")) == keywords


def test_what_a_url_asks_of_libpq_is_passed_on():
    read = parse_database("postgresql://me@host/db?sslmode=require&options=-csearch_path%3Dx&connect_timeout=7")
    assert read.options == {"sslmode": "require", "options": "-csearch_path=x", "connect_timeout": "7"}


def test_without_the_driver_the_command_that_installs_it_is_named(child, tmp_path):
    code = """
        import sys
        sys.modules["psycopg"] = None
        from pathlib import Path
        from datatracing.capture.settings import CaptureSettings
        from datatracing.capture.sinks.opening import open_sink
        from datatracing.errors import MissingExtraError
        try:
            open_sink(CaptureSettings("postgresql://me@host/db", spool_dir=Path(sys.argv[1]))).send([])
        except MissingExtraError as error:
            print(error)
    """
    assert "pip install 'datatracing[postgres]'" in child(code, tmp_path).finishes()
