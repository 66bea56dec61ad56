"""What an address says, that all who read and write agree on it, and that a password in it is never shown."""

import traceback

import pytest

from datatracing import connect
from datatracing.context.address import is_collector, is_file, masked
from datatracing.errors import BadInputError, DataTracingError, MissingExtraError
from datatracing.store.address import Kind, parse
from datatracing.store.registry import open_store

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "a store is given as sqlite:///PATH"),
        ("traces.db", "a store is given as sqlite:///PATH"),
        ("/var/lib/traces.db", "a store is given as sqlite:///PATH"),
        ("mysql://user:s3cr3t@host/db", "'mysql' is not a kind of store"),
        ("user:s3cr3t@host://db", "a store is given as sqlite:///PATH"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite://traces.db", "names no file"),
        ("sqlite:traces.db", "names no file"),
        ("sqlite:///traces.db?mode=ro", "mode=ro"),
        ("sqlite:///traces.db?mode=memory", "mode=memory"),
        ("sqlite:///traces.db?immutable=1", "immutable=1"),
        ("sqlite:///traces.db?nolock=1", "nolock=1"),
        (r"sqlite:///C:\Users\me\traces.db", "path of Windows"),
        ("postgresql://user:s3cr3t@host:port/db", "percent-encoded"),
        ("postgresql://user:s3cr3t@host:99999/db", "percent-encoded"),
        ("postgresql+psycopg://user:s3cr3t@[::1/db", "percent-encoded"),
        ("postgresql://user:s3cr3t@host/db?sslmode=require&sslmode=disable", "twice"),
        ("postgresql://user:s3cr3t@host/db?no_such_option=1", "no_such_option"),
        ("https://user:s3cr3t@:99999999/", "not the address of a collector"),
    ],
)
def test_an_address_that_cannot_be_used_says_why_and_keeps_its_secret(url, says):
    with pytest.raises(BadInputError) as caught:
        connect(url or " ")
    assert says in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


WHOLE = {"host": "host", "port": "5432", "user": "user", "password": "pw", "dbname": "traces"}


@pytest.mark.parametrize(
    ("url", "keywords"),
    [
        ("postgres://user:pw@host:5432/traces", WHOLE),
        ("PostgreSQL+psycopg2://user:pw@host:5432/traces", WHOLE),
        ("postgresql+asyncpg://user:pw@host:5432/traces?ssl=true", {**WHOLE, "sslmode": "require"}),
        ("postgresql+psycopg://user:pw@host:5432/traces?sslmode=disable", {**WHOLE, "sslmode": "disable"}),
        (" postgresql://user:pw@host:5432/traces\n", WHOLE),
        ("postgresql://user:p%40s%2Fs@[::1]:5432/traces", {**WHOLE, "host": "::1", "password": "p@s/s"}),
        ("postgresql://host/a%20b", {"host": "host", "dbname": "a b"}),
        ("postgresql://user:p@s/s#w?o:r%d@host:5432/traces", {**WHOLE, "password": "p@s/s#w?o:r%d"}),
        ("postgresql://user:a+b=c&d@host:5432/traces", {**WHOLE, "password": "a+b=c&d"}),
        ("postgresql://one:5432,two:5433/traces", {"host": "one,two", "port": "5432,5433", "dbname": "traces"}),
        ("postgresql:///traces?host=/run&application_name=a@b", {"host": "/run", "application_name": "a@b"}),
        ("postgresql://%2Frun/traces", {"host": "/run"}),
        ("postgresql://user:pw@host:5432/traces?password=other", {**WHOLE, "password": "other"}),
    ],
)
def test_a_server_is_understood_however_its_address_is_written(url, keywords):
    read = parse(url)
    assert read.kind is Kind.POSTGRES
    assert dict(read.keywords) == {"dbname": "traces", **keywords}


@pytest.mark.parametrize("url", ["sqlite:///{}?mode=rw", "SQLITE:///{}", "sqlite+aiosqlite:///{}?timeout=5&mode=rwc"])
def test_a_file_is_understood_however_its_address_is_written(url, tmp_path):
    assert parse(url.format(tmp_path / "x.db")).path == tmp_path / "x.db"
    assert is_file(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://user:s3cr3t@host:5432/traces",
        "postgresql://user:s3cr3t/with/slash@host/traces",
        "postgresql://user:p@s3cr3t@host/traces",
        "postgresql://user@host/traces?password=s3cr3t&sslpassword=s3cr3t",
    ],
)
def test_a_password_is_masked_wherever_the_store_is_shown(url):
    store = open_store(url)
    shown = f"{store.url} {store!r} {store.database.address!r} {store.database.engine!r} {parse(url)}"
    assert SECRET not in shown
    assert "user" in store.url
    assert "traces" in store.url
    store.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:s3cr3t@127.0.0.1:1/traces",
        "https://user:s3cr3t@127.0.0.1:1/datatracing",
        "HTTP://127.0.0.1:1/datatracing?token=s3cr3t",
    ],
)
def test_a_password_is_masked_in_what_a_driver_says(url):
    with pytest.raises(DataTracingError) as caught:
        connect(url).check()
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:p@s/s@host/db", "postgresql://***@host/db"),
        ("https://host/x?token=abc&a=b", "https://host/x?token=***&a=b"),
        ("hunter2", "***"),
    ],
)
def test_what_cannot_be_taken_apart_is_masked_too(url, shown):
    assert masked(url) == shown


def test_two_ways_to_write_one_place_are_one_place(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    for one, other in (
        (f"sqlite:///{tmp_path}/x.db", f"SQLite:///{tmp_path}/link/x.db?mode=rw"),
        ("postgres://a:b@Host/db", "postgresql+psycopg2://c@host:5432/db?sslmode=disable"),
        ("https://Host/x/", "HTTPS://host/x"),
    ):
        assert parse(one).place == parse(other).place
    assert parse("postgresql://h/a").place != parse("postgresql://h/b").place


def test_a_collector_is_told_by_its_scheme_in_any_capitals():
    assert is_collector("HTTPS://host/x")
    assert not is_collector("postgresql://http://host")


def test_a_path_is_taken_as_it_is(tmp_path, monkeypatch):
    odd = "a b%20c#d'e"
    assert parse(f"sqlite:////var/{odd}.db").path.as_posix() == f"/var/{odd}.db"
    monkeypatch.chdir(tmp_path)
    assert parse("sqlite:///here/x.db").path == tmp_path / "here/x.db"
    monkeypatch.setenv("HOME", "/home/me")
    assert parse("sqlite:///~/x.db").path.as_posix() == "/home/me/x.db"


def test_a_store_in_a_file_of_any_name_works(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/ä b%20c#d'e&f=g.db", migrate=True)
    store.check()
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["ä b%20c#d'e&f=g.db"]


def test_a_relative_path_stays_where_it_was_when_the_process_moves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///traces.db", migrate=True)
    monkeypatch.chdir("/")
    store.check()
    store.close()


def test_memory_stores_are_apart_from_each_other():
    assert open_store("memory://") is not open_store("memory://", migrate=True)


def test_without_the_driver_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'datatracing\[postgres\]'"):
        open_store("postgresql://host/traces")
