"""What a new question takes: a module of its own, a route, a command. Here the doors ask one that only tests know."""

import json
from typing import Annotated

import pytest
import typer
from fastapi import FastAPI
from starlette.responses import Response
from typer.testing import CliRunner

from datatracing.api.answers import answer
from datatracing.connection import connect
from datatracing.errors import BadInputError, NotFoundError
from datatracing.model.event import Times
from datatracing.model.states import State
from datatracing.query.question import Question
from tests.integration.api.conftest import served
from tests.sample_runs import NIGHT, Story

NAME = f"airflow:{NIGHT.pipeline}/{NIGHT.run_id}"


# Its module:
def longest_name(asked, trace_id, least=0):
    """The longest name of a task."""
    names = [span["task"] or "" for span in json.loads(asked.store.spans(trace_id))]
    return {"trace_id": trace_id, "task": max((name for name in names if len(name) >= least), key=len, default=None)}


LONGEST = Question("/traces/{trace_id}/longest-name", longest_name)


# Its route:
def routed(questions) -> FastAPI:
    app = FastAPI()

    @app.get(f"/api/v1{LONGEST.path}")
    def longest(trace_id: str, least: int = 0) -> Response:
        return answer(questions.ask(LONGEST, trace_id, least=least))

    return app


# Its command:
def longest_command(run: str, store: Annotated[str, typer.Option()], least: int = 0) -> None:
    typer.echo(json.dumps(connect(store).ask(LONGEST, run, least=least)))


TOLD = {"trace_id": NIGHT.trace_id, "task": "copy"}


@pytest.fixture
def night(store):
    Story().begun().task("copy", State.SUCCESS, Times(started_at=1, ended_at=2)).sealed(store, State.SUCCESS, 3)
    return store


@pytest.mark.parametrize("run", [NAME, NIGHT.trace_id, NIGHT.trace_id.upper()])
def test_it_is_asked_of_a_run_however_that_is_called(night, run):
    assert night.ask(LONGEST, run) == TOLD
    assert night.ask(LONGEST, run, least=5) == {**TOLD, "task": None}


def test_a_run_that_is_not_there_and_a_text_that_is_no_run_are_errors(night):
    with pytest.raises(NotFoundError):
        night.ask(LONGEST, f"{NAME}0")
    with pytest.raises(BadInputError):
        night.ask(LONGEST, "tonight")


def test_a_connection_to_a_collector_asks_it_like_any_other(night):
    with served(routed(night.questions)) as url:
        remote = connect(url)
        assert remote.ask(LONGEST, NIGHT.trace_id) == TOLD
        assert remote.ask(LONGEST, NIGHT.trace_id, least=5)["task"] is None
        remote.close()


def test_a_command_hands_on_the_same_document(night, url):
    app = typer.Typer()
    app.command()(longest_command)
    told = CliRunner().invoke(app, [NAME, "--store", url])
    assert json.loads(told.output) == TOLD
