"""What was delivered and nobody has swept is in every answer, through every door, in any namespace."""

import asyncio
import json
from urllib.parse import quote

import httpx
import psycopg
import pytest

from datatracing.access.visibility import EVERYTHING
from datatracing.api.app import create_app
from datatracing.cli.app import run as command_line
from datatracing.connection import connect
from datatracing.errors import NotFoundError
from datatracing.model import clock, codec
from datatracing.model.event import Event, EventKind
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing.query import freshness
from datatracing.query.runs import RUNS
from datatracing.store.search import RunFilter
from tests.sample_runs import NIGHT, Story

RUN = RunRef("prefect", "elsewhere", "shop", "12345678-1234-4234-8234-123456789abc")


def deliver(url, *runs):
    """Accept an event of each, as a collector does that is killed before it folds."""
    connection = connect(url)
    for number, run in enumerate(runs):
        event = Event(EventKind.STARTED, run, producer=f"p{number}", seq=0, at=clock.now(), state=State.RUNNING)
        connection.accept([codec.dumps(event)])
    connection.close()


class Python:
    """`datatracing.connect`."""

    def __init__(self, connection, _capsys):
        self.connection = connection

    def find(self):
        return self.connection.find(RUN.name)

    def trace(self):
        return self.connection.trace(RUN.trace_id)["run"]["pipeline"]

    def why(self):
        return self.connection.why(RUN.trace_id)["run"]

    def runs(self):
        return [run["trace_id"] for run in self._runs()]

    def _runs(self):
        return self.connection.ask(RUNS)["runs"]


class Http:
    """The API, without the sweeper that `serve` has beside it."""

    def __init__(self, connection, _capsys):
        app = create_app(connection, reader=lambda: EVERYTHING)
        self.transport = httpx.ASGITransport(app)

    def find(self):
        return self._get(f"find?run={quote(RUN.name)}")["trace_id"]

    def trace(self):
        return self._get(f"traces/{RUN.trace_id}")["run"]["pipeline"]

    def why(self):
        return self._get(f"traces/{RUN.trace_id}/why")["run"]

    def runs(self):
        return [run["trace_id"] for run in self._get("runs")["runs"]]

    def _get(self, path):
        return asyncio.run(self._answer(path))

    async def _answer(self, path):
        async with httpx.AsyncClient(transport=self.transport, base_url="http://here") as client:
            answer = await client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()


class CommandLine:
    """The commands, with --json."""

    def __init__(self, _connection, capsys):
        self.capsys = capsys

    def find(self):
        return self._call("trace", RUN.name)["run"]["trace_id"]

    def trace(self):
        return self._call("trace", RUN.trace_id)["run"]["pipeline"]

    def why(self):
        return self._call("why", RUN.name)["run"]

    def runs(self):
        return [run["trace_id"] for run in self._call("runs")["runs"]]

    def _call(self, *arguments):
        self.capsys.readouterr()
        assert command_line([*arguments, "--json"]) == 0
        return json.loads(self.capsys.readouterr().out)


ANSWERS = {"find": RUN.trace_id, "trace": RUN.pipeline, "why": RUN.name, "runs": [RUN.trace_id]}


@pytest.mark.parametrize("door", [Python, Http, CommandLine])
@pytest.mark.parametrize("question", ANSWERS)
def test_a_delivered_run_is_known_through_every_door(store_url, door, question, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DATATRACING_STORE", store_url)
    connection = connect(store_url)
    deliver(store_url, RUN)
    assert getattr(door(connection, capsys), question)() == ANSWERS[question]
    connection.close()


def test_late_news_of_a_sealed_run_is_in_its_trace(store_url):
    connection = connect(store_url)
    Story().begun().sealed(connection, State.SUCCESS, 1)
    late = Event(EventKind.NOTED, NIGHT, producer="late", seq=0, at=clock.now(), attributes={"news": "late"})
    connection.accept([codec.dumps(late)])
    assert connection.trace(NIGHT.trace_id)["spans"][0]["attributes"]["news"] == "late"
    connection.close()


def test_the_work_is_bounded_and_a_run_that_is_named_is_looked_at_all_the_same(store_url, monkeypatch):
    monkeypatch.setattr(freshness, "NEWEST", 2)
    newer = [RunRef("prefect", "elsewhere", "shop", f"12345678-1234-4234-8234-12345678900{n}") for n in range(4)]
    ours = RunRef("airflow", "default", "etl", "r1")
    deliver(store_url, RUN, ours, *newer)

    connection = connect(store_url)
    assert {run.trace_id for run in connection.runs(RunFilter()).runs} == {run.trace_id for run in newer[-2:]}
    assert connection.find(RUN.trace_id) == RUN.trace_id
    assert connection.find(ours.name) == ours.trace_id
    with pytest.raises(NotFoundError):
        connection.find("airflow:etl/r2")
    connection.close()


def test_one_run_that_cannot_be_folded_stands_in_nobodys_way(store_url, caplog):
    connection = connect(store_url)
    deliver(store_url, RUN)
    seal = connection.sealer.seal

    def broken(trace_id):
        if trace_id == RUN.trace_id:
            raise RuntimeError("cannot")
        return seal(trace_id)

    fresh = freshness.Freshness(connection.store, broken)
    other = RunRef("prefect", "elsewhere", "shop", "12345678-1234-4234-8234-123456789000")
    deliver(store_url, other)
    fresh.refresh()
    assert connection.store.run(other.trace_id) is not None
    assert connection.store.run(RUN.trace_id) is None
    assert "could not fold run" in caplog.text
    connection.close()


def test_who_may_only_read_reads(postgres_url):
    deliver(postgres_url, RUN)
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as database:
        database.execute("DROP ROLE IF EXISTS only_reads")
        database.execute("CREATE ROLE only_reads LOGIN")
        database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reads")
        try:
            connection = connect(postgres_url.replace("postgres@", "only_reads@"))
            assert connection.runs(RunFilter()).runs == ()
            assert connection.trace(RUN.trace_id)["run"]["state"] == "running"
            connection.close()
        finally:
            database.execute("DROP OWNED BY only_reads")
            database.execute("DROP ROLE only_reads")
