"""What a store says and does when its database fails: one clear error of ours, nothing half done, and on it goes."""

import os
import shutil
import sqlite3
import tempfile
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError

from datatracing.errors import BadInputError, DataTracingError, SchemaMismatchError, StoreUnreachableError
from datatracing.store.registry import open_store
from datatracing.store.sql.store import SqlStore
from datatracing.testing import build
from tests.airflow_rig.gate import Gate

RUN, OTHER = build.run("r1"), build.run("r2")
NOBODY = 65534


@contextmanager
def opened(url, patience=10.0, **given):
    store = SqlStore(url, patience, **given)
    try:
        yield store
    finally:
        store.close()


def failure(store):
    """The error that using the store ends in, the same for reading, writing and sealing."""
    errors = []
    for use in (store.check, lambda: store.append([build.row(RUN)]), lambda: seal(store, RUN)):
        with pytest.raises(DataTracingError) as caught:
            use()
        errors.append(caught.value)
    assert len({type(error) for error in errors}) == 1
    return errors[0]


def seal(store, run, **changes):
    with store.sealing(run.trace_id) as sealing:
        sealing.write(build.sealed(run, **changes))


# SQLite


def test_a_folder_is_not_a_store(tmp_path):
    with opened(f"sqlite:///{tmp_path}") as store:
        error = failure(store)
    assert type(error) is StoreUnreachableError
    assert "this is a folder" in str(error)


def test_a_missing_folder_is_named(tmp_path):
    with opened(f"sqlite:///{tmp_path}/no/such/traces.db") as store:
        error = failure(store)
    assert type(error) is StoreUnreachableError
    assert f"the folder {tmp_path}/no/such does not exist" in str(error)
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    "content", [b"just some text that is long enough" * 50, b"SQLite format 3\x00" + b"\xff" * 4096]
)
def test_another_kind_of_file_is_told_apart_and_left_alone(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with opened(f"sqlite:///{path}") as store:
        error = failure(store)
    assert type(error) is StoreUnreachableError
    assert "not an SQLite database" in str(error)
    with pytest.raises(StoreUnreachableError):
        open_store(f"sqlite:///{path}", migrate=True)
    assert path.read_bytes() == content


def test_somebody_elses_database_is_asked_for_the_upgrade_and_not_changed(tmp_path):
    path = tmp_path / "airflow.db"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE dag (id TEXT)")
    theirs.close()
    content = path.read_bytes()
    with opened(f"sqlite:///{path}") as store:
        assert type(failure(store)) is SchemaMismatchError
    assert path.read_bytes() == content


@contextmanager
def as_somebody_else():
    """Root may write anywhere, so it steps down; anybody else stays who they are."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public_folder():
    """A folder that every user may look into; pytest's own are private."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_file_that_may_not_be_written_says_so(sqlite_template, public_folder):
    path = public_folder / "traces.db"
    shutil.copy(sqlite_template, path)
    path.chmod(0o444)
    public_folder.chmod(0o555)
    with (
        as_somebody_else(),
        opened(f"sqlite:///{path}") as store,
        pytest.raises(StoreUnreachableError, match="writable"),
    ):
        store.append([build.row(RUN)])


def test_a_lock_that_is_held_too_long_is_an_error_and_not_a_wait_for_ever(sqlite_url):
    with opened(sqlite_url, patience=0.1) as store, opened(sqlite_url) as other:
        with other.sealing(OTHER.trace_id):
            for write in (lambda: store.append([build.row(RUN)]), lambda: seal(store, RUN)):
                with pytest.raises(StoreUnreachableError, match="another process has been writing for too long"):
                    write()
            assert store.run(RUN.trace_id) is None
        assert store.append([build.row(RUN)]) == 1


def test_a_full_disk_leaves_the_store_as_it_was(sqlite_url):
    with opened(sqlite_url) as store:
        seal(store, OTHER)

        @event.listens_for(store.database.engine, "checkout")
        def fill_the_disk(connection, _record, _proxy):
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={pages + 1}")

        with pytest.raises(StoreUnreachableError, match="free some space"):
            store.append([build.row(RUN, payload=os.urandom(100_000))])
        with pytest.raises(StoreUnreachableError, match="free some space"):
            seal(store, RUN, detail=os.urandom(100_000))
        event.remove(store.database.engine, "checkout", fill_the_disk)
        assert store.run(RUN.trace_id) is None
        assert store.inbox(RUN.trace_id) == []
        assert store.run(OTHER.trace_id) == build.summary(OTHER)
    with opened(sqlite_url) as store:
        seal(store, RUN, detail=os.urandom(100_000))


def test_numbers_and_bytes_that_no_column_holds_are_bad_input(store_url):
    with opened(store_url) as store:
        with pytest.raises(BadInputError, match="takes no such value"):
            store.append([build.row(OTHER), build.row(RUN, 2**63)])
        assert store.inbox(OTHER.trace_id) == []


# Postgres


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("postgresql://user:s3cr3t@127.0.0.1:1/db", "check host and port"),
        ("postgresql://user:s3cr3t@no-such-host.invalid/db", "check the host's name"),
        ("postgresql://user:s3cr3t@/db?host=/no/such/folder", "check host and port"),
    ],
)
def test_a_server_that_is_not_there_is_named_without_its_password(url, advice):
    with opened(url) as store:
        error = failure(store)
        assert advice in str(error)
        assert store.url in str(error)
        assert "s3cr3t" not in "".join(traceback.format_exception(error))


def test_a_database_or_user_that_does_not_exist_is_told_apart(postgres_url):
    with opened(postgres_url.replace("/test_", "/no_such_")) as store:
        assert "check the database's name" in str(failure(store))
    with opened(postgres_url.replace("postgres@", "stranger:s3cr3t@")) as store:
        error = failure(store)
    assert "check the user" in str(error)
    assert "s3cr3t" not in "".join(traceback.format_exception(error))


def test_a_user_without_rights_is_told_so(postgres_url):
    role = f"reader_{os.getpid()}"
    with psycopg.connect(_libpq(postgres_url), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN")
        try:
            with opened(postgres_url.replace("postgres@", f"{role}@")) as store:
                error = failure(store)
        finally:
            admin.execute(f"DROP ROLE {role}")
    assert type(error) is StoreUnreachableError
    assert "grant it the rights" in str(error)


def test_a_server_that_goes_away_and_comes_back(postgres_url):
    """Every connection is cut and none is let in, as when a server restarts; afterwards nobody has to be told."""
    with opened(postgres_url) as store:
        store.append([build.row(RUN)])
        with outage(postgres_url):
            with pytest.raises(StoreUnreachableError):
                store.append([build.row(RUN, 1)])
            with pytest.raises(StoreUnreachableError):
                store.run(RUN.trace_id)
        assert store.append([build.row(RUN, 1)]) == 1
        assert len(store.inbox(RUN.trace_id)) == 2


def test_a_connection_that_is_cut_inside_a_sealing_leaves_nothing(postgres_url):
    with opened(postgres_url) as store:

        def seal_through_an_outage():
            with store.sealing(RUN.trace_id) as sealing:
                sealing.write(build.sealed(RUN))
                with outage(postgres_url):
                    pass

        with pytest.raises(StoreUnreachableError):
            seal_through_an_outage()
        assert store.run(RUN.trace_id) is None
        seal(store, RUN)
        assert store.run(RUN.trace_id) == build.summary(RUN)


def test_after_a_cut_every_further_step_in_the_sealing_fails_alike(postgres_url):
    refused = []

    def seal_stubbornly(store):
        with store.sealing(RUN.trace_id) as sealing, outage(postgres_url):
            for step in (sealing.inbox, sealing.summary, lambda: sealing.write(build.sealed(RUN))):
                try:
                    step()
                except StoreUnreachableError as error:
                    refused.append(error)

    with opened(postgres_url) as store:
        with pytest.raises(StoreUnreachableError):
            seal_stubbornly(store)
        assert len(refused) == 3
        assert store.run(RUN.trace_id) is None


def test_a_trace_that_somebody_holds_too_long_is_an_error(postgres_url):
    with opened(postgres_url, patience=0.1) as store, opened(postgres_url) as other, other.sealing(RUN.trace_id):
        with pytest.raises(StoreUnreachableError, match="may be tried again"):
            seal(store, RUN)
        seal(store, OTHER)
        assert store.append([build.row(RUN)]) == 1


def test_more_callers_than_connections_wait_no_longer_than_they_may(postgres_url):
    with opened(postgres_url, patience=0.1) as store:
        held = [store.sealing(build.run(f"r{n}").trace_id) for n in range(15)]
        for each in held:
            each.__enter__()
        with pytest.raises(StoreUnreachableError, match=store.url.partition("?")[0].replace("+", r"\+")):
            store.run(RUN.trace_id)
        for each in held:
            each.__exit__(None, None, None)
        assert store.run(RUN.trace_id) is None


def test_a_name_too_long_for_an_index_is_bad_input(postgres_url):
    run = build.run(pipeline="".join(map(chr, range(0x4E00, 0x4E00 + 5_000))))
    with opened(postgres_url) as store:
        with pytest.raises(BadInputError, match="takes no such value"):
            seal(store, run)
        assert store.run(run.trace_id) is None


# Both


def test_an_error_of_the_callers_own_passes_as_it_is(store_url):
    class TheirError(SQLAlchemyError):
        pass

    def fail():
        with store.sealing(RUN.trace_id) as sealing:
            sealing.write(build.sealed(RUN))
            raise TheirError

    with opened(store_url) as store:
        with pytest.raises(TheirError):
            fail()
        assert store.run(RUN.trace_id) is None


def test_what_was_being_stored_is_not_in_the_error(store_url):
    row = build.row(RUN, producer="s3cr3t", payload=b"s3cr3t")
    with opened(store_url) as store:
        with store.database.engine.begin() as connection:
            connection.execute(text("DROP TABLE inbox"))
        with pytest.raises(SchemaMismatchError) as caught:
            store.append([row])
        assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))


def _libpq(url):
    return url.replace("postgresql+psycopg", "postgresql")


@contextmanager
def outage(url):
    """Nobody gets into the database for as long as the block lasts."""
    name = url.rpartition("?")[0].rpartition("/")[2]
    with psycopg.connect(_libpq(url).replace(f"/{name}?", "/postgres?"), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@pytest.fixture
def gate(postgres_server):
    made = Gate(postgres_server.data / ".s.PGSQL.5432")
    yield made
    made.close()


def test_a_server_that_takes_a_request_and_says_nothing_is_away_and_is_used_again_when_it_speaks(postgres_url, gate):
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    with opened(f"postgresql://postgres@127.0.0.1:{gate.port}/{name}", silence=0.5) as store:
        store.append([build.row(RUN)])
        gate.swallow()
        began = time.monotonic()
        error = failure(store)
        assert time.monotonic() - began < 3 * (0.5 + 5.0) + 3.0
        assert type(error) is StoreUnreachableError
        gate.open()
        store.append([build.row(OTHER)])
        seal(store, RUN)
        assert store.run(RUN.trace_id) is not None


def test_a_statement_that_takes_its_time_is_no_silence_while_the_server_speaks(postgres_url):
    with opened(postgres_url, silence=1.0) as store, store.database.reading() as connection:
        slow = text("SELECT repeat('x', 20000), pg_sleep(0.4) FROM generate_series(1, 4)")
        assert len(connection.execute(slow).all()) == 4
