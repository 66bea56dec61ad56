"""The migrations: from nothing, again, at once, in step with the tables, and beside other people's tables."""

import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from datatracing.errors import BadInputError, SchemaMismatchError, StoreUnreachableError
from datatracing.store.address import parse
from datatracing.store.registry import open_store
from datatracing.store.sql import revision, schema
from datatracing.store.sql.database import Database
from datatracing.store.sql.indexes import metadata
from datatracing.testing import build


@pytest.fixture
def opened():
    """A function that opens the database behind a URL, as a migration does."""
    databases = []

    def open_it(url):
        databases.append(Database(parse(url), 5.0, create=True))
        return databases[-1]

    yield open_it
    for database in databases:
        database.close()


def execute(database, *statements):
    with database.engine.begin() as connection:
        return [connection.execute(text(statement)) for statement in statements]


def check_store(url):
    store = open_store(url)
    try:
        store.check()
    finally:
        store.close()


def test_from_nothing_to_a_store_that_works(empty_store_url):
    assert schema.upgrade(empty_store_url) == (None, revision.HEAD)
    assert schema.current(empty_store_url) == revision.HEAD
    schema.check(empty_store_url)
    store = open_store(empty_store_url)
    store.append([build.row(build.run())])
    assert store.unfolded(1) == [build.run().trace_id]
    store.close()


def test_upgrading_again_changes_nothing(empty_store_url):
    schema.upgrade(empty_store_url)
    store = open_store(empty_store_url, migrate=True)
    store.append([build.row(build.run())])
    assert schema.upgrade(empty_store_url) == (revision.HEAD, revision.HEAD)
    assert len(store.inbox(build.run().trace_id)) == 1
    store.close()


def test_many_processes_may_upgrade_at_once(empty_store_url):
    program = "import sys; from datatracing.store.sql.schema import upgrade; print(upgrade(sys.argv[1])[0])"
    started = [
        subprocess.Popen([sys.executable, "-c", program, empty_store_url], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    found = sorted(process.communicate(timeout=120)[0].strip() for process in started)
    assert found == [revision.HEAD] * 3 + ["None"]
    schema.check(empty_store_url)


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(store_url, opened):
    with opened(store_url).engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": revision.VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_indexes_have_the_same_conditions_and_kinds_in_code_and_migration(store_url, opened, tmp_path):
    """Alembic does not compare conditions and kinds, so the definitions themselves are."""
    database = opened(store_url)
    query = {
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY indexname",
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
    }[database.engine.dialect.name]
    (migrated,) = execute(database, query)
    made = [row[0] for row in migrated.all() if revision.VERSION_TABLE not in row[0]]
    execute(database, *(f"DROP TABLE {table}" for table in metadata.tables))
    metadata.create_all(database.engine)
    (created,) = execute(database, query)
    assert made == [row[0] for row in created.all() if revision.VERSION_TABLE not in row[0]]
    assert any("WHERE" in definition for definition in made)


def test_down_and_up_again_leaves_the_same_tables(store_url, opened):
    database = opened(store_url)
    before = sorted(inspect(database.engine).get_table_names())
    with database.transaction() as connection:
        command.downgrade(schema._config(connection), "base")
    left = inspect(database.engine).get_table_names()
    assert left == [revision.VERSION_TABLE]
    assert schema.upgrade(store_url) == (None, revision.HEAD)
    assert sorted(inspect(database.engine).get_table_names()) == before


def test_what_is_compressed_already_is_not_compressed_again(postgres_url, opened):
    (found,) = execute(
        opened(postgres_url),
        "SELECT attrelid::regclass::text, attname FROM pg_attribute WHERE attstorage = 'e' AND attnum > 0"
        " AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r')",
    )
    assert set(map(tuple, found.all())) == {("inbox", "payload"), ("skeletons", "spans"), ("details", "spans")}


def test_the_code_knows_the_newest_migration():
    config = schema._config(None)
    assert ScriptDirectory.from_config(config).get_heads() == [revision.HEAD]
    assert max(each.revision for each in ScriptDirectory.from_config(config).walk_revisions()) == revision.HEAD


def test_a_database_without_tables_is_told_apart_from_one_that_is_down(postgres_empty_url):
    for look in (schema.check, check_store):
        with pytest.raises(SchemaMismatchError, match=r"has no tables yet.*datatracing db upgrade"):
            look(postgres_empty_url)
    assert schema.current(postgres_empty_url) is None


def test_using_a_database_without_tables_says_what_to_do(postgres_empty_url, tmp_path):
    (tmp_path / "none.db").touch()
    for url in (postgres_empty_url, f"sqlite:///{tmp_path / 'none.db'}"):
        store = open_store(url)
        with pytest.raises(SchemaMismatchError, match="datatracing db upgrade"):
            store.check()
        with pytest.raises(SchemaMismatchError, match="datatracing db upgrade"):
            store.append([build.row(build.run())])
        with pytest.raises(SchemaMismatchError, match="datatracing db upgrade"):
            store.run(build.run().trace_id)
        store.close()


def test_a_file_that_is_not_there_is_not_made_by_looking(sqlite_empty_url, tmp_path):
    for look in (schema.check, schema.current, check_store):
        with pytest.raises(StoreUnreachableError, match=r"there is no store yet.*datatracing db upgrade"):
            look(sqlite_empty_url)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_database_is_left_alone(store_url, opened):
    execute(opened(store_url), f"UPDATE {revision.VERSION_TABLE} SET version_num = '9999'")
    for attempt in (schema.check, schema.upgrade, check_store):
        with pytest.raises(SchemaMismatchError, match=r"9999.*upgrade datatracing on this host"):
            attempt(store_url)
    assert schema.current(store_url) == "9999"


def test_an_older_database_asks_for_the_upgrade(store_url, opened):
    execute(opened(store_url), f"UPDATE {revision.VERSION_TABLE} SET version_num = '0000'")
    with pytest.raises(SchemaMismatchError, match=r"0000.*datatracing db upgrade"):
        schema.check(store_url)


def test_the_tables_of_an_orchestrator_stay_as_they_are(empty_store_url, opened):
    database = opened(empty_store_url)
    execute(
        database,
        "CREATE TABLE alembic_version (version_num TEXT)",
        "INSERT INTO alembic_version VALUES ('theirs')",
        "CREATE TABLE dag_run (id INTEGER)",
    )
    schema.upgrade(empty_store_url)
    (found,) = execute(database, "SELECT version_num FROM alembic_version")
    assert found.all() == [("theirs",)]
    assert "dag_run" in inspect(database.engine).get_table_names()


def test_a_foreign_table_with_a_name_of_ours_stops_the_upgrade_whole(empty_store_url, opened):
    """Dagster, for one, has a table `runs`."""
    database = opened(empty_store_url)
    execute(database, "CREATE TABLE runs (id INTEGER)")
    with pytest.raises(SchemaMismatchError, match=r"its own database"):
        schema.upgrade(empty_store_url)
    assert set(inspect(database.engine).get_table_names()) - {revision.VERSION_TABLE} == {"runs"}
    assert schema.current(empty_store_url) is None


def test_a_schema_of_ones_own_makes_room_beside_them(postgres_empty_url, opened):
    execute(opened(postgres_empty_url), "CREATE TABLE runs (id INTEGER)", "CREATE SCHEMA datatracing")
    url = f"{postgres_empty_url}&options=-csearch_path%3Ddatatracing"
    schema.upgrade(url)
    store = open_store(url)
    store.check()
    assert store.append([build.row(build.run())]) == 1
    store.close()


def test_only_a_database_can_be_upgraded():
    for url in ("memory://", "https://host/datatracing", "nonsense"):
        with pytest.raises(BadInputError):
            schema.upgrade(url)


def test_a_migration_does_not_wait_for_ever(postgres_empty_url, opened, monkeypatch):
    monkeypatch.setattr(schema, "_POSTGRES_LIMITS", ("SET lock_timeout = '100ms'",))
    database = opened(postgres_empty_url)
    execute(database, f"CREATE TABLE {revision.VERSION_TABLE} (version_num VARCHAR(32))")
    with database.engine.begin() as connection:
        connection.execute(text(f"LOCK TABLE {revision.VERSION_TABLE} IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(StoreUnreachableError, match="lock timeout"):
            schema.upgrade(postgres_empty_url)
    assert schema.upgrade(postgres_empty_url)[1] == revision.HEAD
