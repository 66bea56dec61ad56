"""Every list that people ask for has an index that gives it in order: nothing is sorted, nothing is read in vain."""

import re

import pytest
from sqlalchemy import event, text

from datatracing.model.states import State
from datatracing.store.registry import open_store
from datatracing.store.search import RunFilter
from datatracing.store.sql.tables import runs
from datatracing.testing import build
from datatracing.testing.contract.runs import fill

LISTS = {
    "newest overall": (RunFilter(), "runs_newest"),
    "since": (RunFilter(since=build.NOON), "runs_newest"),
    "newest of a pipeline": (RunFilter("airflow", pipeline="p1"), "runs_of_pipeline"),
    "failed": (RunFilter(state=State.FAILED), "runs_unusual"),
    "failed of a pipeline": (RunFilter(pipeline="p1", state=State.FAILED), "runs_unusual_of_pipeline"),
}
# With so few rows Postgres would rather read and sort them all; what counts is that it has a way not to.
NO_SCAN = "SET LOCAL enable_seqscan = off"
NO_SORT = f"{NO_SCAN}; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"


@pytest.fixture
def store(store_url):
    opened = open_store(store_url)
    fill(opened, build.started(build.run("r0", "p0"), build.NOON))
    with opened.database.writing() as connection:
        columns = [column.name for column in runs.c if column.name != "run_no"]
        changed = {
            "trace_id": _key(opened),
            "pipeline_id": "1 + n % 100",
            "run_id": "'r' || n",
            "state": "CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'success' END",
            "started_at": "started_at + n",
            "order_at": "order_at + n",
            "duration": "1000000 * (n % 1000)",
        }
        values = ", ".join(changed.get(name, name) for name in columns)
        numbers = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000)"
        connection.execute(
            text(f"INSERT INTO runs ({', '.join(columns)}) {numbers} SELECT {values} FROM runs, numbers")
        )
        names = f"{numbers} SELECT 'airflow', 'default', 'p' || n FROM numbers WHERE n < 100"
        connection.execute(text(f"INSERT INTO pipelines (orchestrator, namespace, name) {names}"))
        connection.execute(text("ANALYZE"))
    yield opened
    opened.close()


def _key(store):
    return "decode(md5(n::text), 'hex')" if store.database.postgres else "randomblob(16)"


@pytest.fixture
def plan(store):
    """How the database runs the last statement of a call, as text."""
    seen = []
    event.listen(store.database.engine, "before_cursor_execute", lambda *call: seen.append(call[2:4]))

    def explain(ask, without=NO_SORT):
        ask()
        statement, parameters = seen[-1]
        word = "EXPLAIN" if store.database.postgres else "EXPLAIN QUERY PLAN"
        with store.database.reading() as connection:
            if store.database.postgres:
                connection.exec_driver_sql(without)
            rows = connection.exec_driver_sql(f"{word} {statement}", parameters).all()
        return "\n".join(row[-1] for row in rows)

    return explain


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_from_its_index(store, plan, name):
    where, index = LISTS[name]
    found = plan(lambda: store.runs(where, 20))
    assert re.search(rf"\b{index}\b", found)
    assert "Sort" not in found
    assert "TEMP B-TREE" not in found


def test_a_run_is_found_by_the_orchestrators_own_id(store, plan):
    found = plan(lambda: store.runs(RunFilter("airflow", pipeline="p1", run_id="r1234"), 20), NO_SCAN)
    assert "runs_run_id" in found or not store.database.postgres
    assert "SCAN runs" not in found


def test_the_next_page_starts_where_the_last_one_ended(store, plan):
    cursor = store.runs(RunFilter(), 20).cursor
    found = plan(lambda: store.runs(RunFilter(), 20, cursor))
    assert "runs_newest" in found
    assert "ROW(order_at, run_no) <" in found or "runs_newest (order_at<?)" in found


def test_the_inbox_of_a_trace_is_read_from_its_index(store, plan):
    found = plan(lambda: store.inbox(build.run().trace_id))
    assert "inbox_row" in found or "sqlite_autoindex_inbox" in found
