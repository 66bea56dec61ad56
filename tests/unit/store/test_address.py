"""What a store URL says, and that a password in it is never shown."""

import traceback

import pytest

from datatracing.errors import BadInputError, MissingExtraError
from datatracing.store.registry import open_store
from datatracing.store.sql.address import parse

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "a store URL is sqlite:///PATH"),
        ("traces.db", "a store URL is sqlite:///PATH"),
        ("/var/lib/traces.db", "a store URL is sqlite:///PATH"),
        ("mysql://user:s3cr3t@host/db", "'mysql' is not a kind of store"),
        ("postgres://user:s3cr3t@host/db", "'postgres' is not a kind of store"),
        ("postgresql+asyncpg://user:s3cr3t@host/db", "'postgresql+asyncpg' is not a kind of store"),
        ("user:s3cr3t@host://db", "a store URL is sqlite:///PATH"),
        ("https://host/datatracing", "an https URL is a collector"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///traces.db?timeout=1", "without parameters"),
        ("sqlite://traces.db", "names no file"),
        ("postgresql://user:p@s3cr3t@host/db", "percent-encoded"),
        ("postgresql://user:s3cr3t@host:port/db", "percent-encoded"),
        ("postgresql+psycopg://user:s3cr3t@[::1/db", "percent-encoded"),
    ],
)
def test_a_url_that_cannot_be_used_says_why_and_keeps_its_secret(url, says):
    with pytest.raises(BadInputError) as caught:
        open_store(url)
    assert says in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://user:s3cr3t@host:5432/traces",
        "postgresql://user:s3cr3t/with/slash@host/traces",
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


def test_a_path_is_taken_as_it_is(tmp_path, monkeypatch):
    odd = "a b%20c#d'e"
    assert parse(f"sqlite:////var/{odd}.db").path.as_posix() == f"/var/{odd}.db"
    monkeypatch.chdir(tmp_path)
    assert parse("sqlite:///here/x.db").path == tmp_path / "here/x.db"


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
