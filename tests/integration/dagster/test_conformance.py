"""Every shape of a run on a real Dagster: what our trace says is what Dagster's own storage says."""

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from datatracing.cli.app import run
from datatracing.store.sql.schema import upgrade
from tests.conformance.account import Account
from tests.conformance.check import unbalanced, untruths
from tests.conformance.shapes import SHAPES, Shape, departures
from tests.dagster_rig.home import Home
from tests.dagster_rig.oracle import Oracle
from tests.dagster_rig.shapes import ABSENT, APART, IN_PROCESS, KILLED, NEUTRAL, OWN
from tests.postgres import TEMPLATE

pytestmark = pytest.mark.xdist_group("dagster")
PLAYED = {"in_process": (*NEUTRAL, *OWN, *IN_PROCESS, KILLED), "apart": (*NEUTRAL, *OWN, *APART, KILLED)}
SILENT = 0.5
"""Seconds after which a run is given up of which nothing is heard."""


@dataclass
class Theatre:
    """All shapes, played in one executor and watched for one store."""

    home: Home
    runs: dict[str, str]

    def account(self, shape: Shape) -> Account:
        return Oracle(self.home.folder).account(self.runs[shape.name])

    @property
    def names(self) -> dict[str, str]:
        """Of the runs, as links give them, by shape."""
        pipelines = {shape.name: shape.pipeline for shapes in PLAYED.values() for shape in shapes}
        return {name: f"dagster:{pipelines[name]}/{run}" for name, run in self.runs.items()}


@pytest.fixture(scope="session")
def theatres(tmp_path_factory, postgres_server):
    """The runs in one process are kept in SQLite, those in many processes in Postgres."""
    folder = tmp_path_factory.mktemp("dagster")
    upgrade(f"sqlite:///{folder}/traces.db")
    with postgres_server.connect() as admin:
        admin.execute(f"CREATE DATABASE dagster_traces TEMPLATE {TEMPLATE} STRATEGY file_copy")
    stores = {"in_process": f"sqlite:///{folder}/traces.db", "apart": postgres_server.url("dagster_traces")}
    with ThreadPoolExecutor() as both:
        waiting = {each: both.submit(played, each, folder / each, store) for each, store in stores.items()}
    yield {executor: theatre.result() for executor, theatre in waiting.items()}
    shutil.rmtree(folder, ignore_errors=True)


def played(executor: str, folder: Path, store: str) -> Theatre:
    settings = {"DATATRACING_STORE": store, "DATATRACING_SPOOL_DIR": f"{folder}/spool"}
    home = Home(folder, settings).furnish()
    runs = home.play(executor, *(shape.name for shape in PLAYED[executor]))
    runs |= {KILLED.name: Oracle(folder).runs(KILLED.name)[-1]}
    time.sleep(SILENT)
    home.datatracing("dagster", "watch", "--once", "--stale", str(SILENT))
    return Theatre(home, runs)


@pytest.fixture
def answer(capsys, monkeypatch):
    """A function that gives what a command answers as JSON; the command runs here, to save it a second's start."""

    def ask(theatre: Theatre, *words: str):
        for name, value in theatre.home.settings.items():
            monkeypatch.setenv(name, value)
        assert run([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return ask


every_shape = pytest.mark.parametrize(
    ("executor", "shape"),
    [(executor, shape) for executor, shapes in PLAYED.items() for shape in shapes],
    ids=str,
)


def test_no_shape_is_left_out_silently():
    taken = {shape.name for shapes in PLAYED.values() for shape in shapes}
    assert {shape.name for shape in SHAPES} <= taken | ABSENT.keys()
    assert not taken & ABSENT.keys()


@every_shape
def test_the_run_takes_the_shape(theatres, executor, shape):
    assert departures(shape, theatres[executor].account(shape), theatres[executor].names) == []


@every_shape
def test_the_command_line_shows_what_dagster_says(theatres, executor, shape, answer):
    theatre = theatres[executor]
    account = theatre.account(shape)
    assert untruths(answer(theatre, "trace", account.name), account) == []


@every_shape
def test_law_6_the_books_balance_and_nothing_is_lost(theatres, executor, shape, answer):
    theatre = theatres[executor]
    document = answer(theatre, "why", theatre.account(shape).name)
    books = next(stage["facts"] for stage in document["stages"] if stage["stage"] == "books")
    assert unbalanced(books) == []


def test_a_password_in_an_error_is_nowhere_in_the_trace(theatres, answer):
    theatre = theatres["in_process"]
    printed = json.dumps(answer(theatre, "trace", f"dagster:failed_chain/{theatre.runs['failed_chain']}"))
    assert "refused the connection" in printed
    assert "hunter2" not in printed
