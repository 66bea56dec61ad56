"""Law 8: every route, asked about every run by readers of every level, tells each of them only what is theirs."""

from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import event

from datatracing.access.visibility import EVERYTHING, NOTHING, Level
from datatracing.api.app import create_app
from datatracing.connection import connect
from datatracing.testing.reader import reader
from tests.canaries.asking import Asked, blurred, requests
from tests.canaries.world import STORED, fill, leaks, told
from tests.integration.api.conftest import served

TEXTS = {"name", "value", "conf", "conf_name", "type", "message", "stack", "map_key", "lost_key", "record", "reason"}
TEXTS |= {"producer", "ledger", "ledger_producer", "operation_task", "operation_run"}
"""Every field with a text of a user's, as it comes out for who may see all of it."""
READERS = {level.name.lower(): level for level in Level}


def visibility_of(name):
    """`mine` and `peer` up to a level, and nothing of `hidden`."""
    if name == "everything":
        return EVERYTHING
    level = READERS[name]
    pipelines = [told(whose).run.pipeline for whose in ("mine", "peer")]
    return reader(*pipelines, level=level) if level else NOTHING


def levels_of(name):
    everything = name == "everything"
    return dict.fromkeys(STORED, Level.TEXTS) if everything else dict.fromkeys(("mine", "peer"), READERS[name])


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The app, a client, and the statements that its store has run."""
    connection = connect(f"sqlite:///{tmp_path_factory.mktemp('levels')}/traces.db", migrate=True)
    fill(connection.store)
    app = create_app(connection, reader=of_header)
    statements = []
    event.listen(connection.store.database.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    with served(app) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield World(app, client, statements)
    connection.close()


def of_header(request: Request):
    return visibility_of(request.headers["reader"])


@dataclass(frozen=True)
class World:
    app: FastAPI
    client: httpx.Client
    statements: list[str]

    def ask(self, name, asked):
        """The answer, and how many statements it took."""
        self.statements.clear()
        headers = {"reader": name} | ({"content-type": asked.media_type} if asked.media_type else {})
        answer = self.client.request(asked.method, asked.path, content=asked.body, headers=headers)
        return answer, len(self.statements)


@pytest.mark.parametrize("whose", [*STORED, "absent"])
@pytest.mark.parametrize("name", [*READERS, "everything"])
def test_law8_no_answer_holds_more_than_its_readers_level(world, name, whose):
    leaked = {
        asked.path: found
        for asked in requests(world.app, told(whose))
        if (found := leaks(seen_in(world.ask(name, asked)[0]), levels_of(name), asked.path.encode() + asked.body))
    }
    assert not leaked


@pytest.mark.parametrize("name", READERS)
def test_law8_a_hidden_run_is_answered_like_one_that_does_not_exist(world, name):
    """To the letter, and with as many questions to the store."""
    hidden, absent = told("hidden"), told("absent")
    for asked in requests(world.app, hidden):
        about_absent = asked.about(hidden, absent)
        (one, work), (other, other_work) = world.ask(name, asked), world.ask(name, about_absent)
        assert compared(one, hidden) == compared(other, absent), asked
        assert work == other_work, asked


def test_law8_the_levels_tell_apart_what_they_are_for(world):
    """The canaries are there: who may see all is shown all that is not counted otherwise, and each level adds some."""
    mine = told("mine")
    shown = {name: shown_to(world, name, mine) for name in [*READERS, "everything"]}
    assert shown["nothing"] == set()
    assert shown["nothing"] < shown["run"] < shown["tasks"] < shown["texts"] < shown["everything"]
    assert {text.rpartition(".")[2] for text in shown["texts"] if ".mine.texts." in text} == TEXTS
    fields = {text for text in shown["run"] if text.startswith("canary")}
    assert fields == {f"canary.{whose}.run.{field}" for whose in ("mine", "peer") for field in ("dag", "key", "raw")}


def shown_to(world, name, each):
    """All canaries that nobody had said."""
    answers = ((asked, world.ask(name, asked)[0]) for asked in requests(world.app, each))
    return {text for asked, answer in answers for text in leaks(seen_in(answer), {}, asked.path.encode())}


@pytest.mark.parametrize(("level", "words"), [(Level.RUN, ["tasks", "texts"]), (Level.TASKS, ["texts"])])
def test_a_document_says_what_is_withheld_from_its_reader(world, level, words):
    for path in ("", "/why"):
        asked = Asked("GET", f"/api/v1/traces/{told('mine').run.trace_id}{path}")
        document = world.ask(level.name.lower(), asked)[0].json()
        assert (document if path else document["run"])["withheld"] == words


def seen_in(answer):
    return answer.content + repr(answer.headers).encode()


def compared(answer, each):
    headers = sorted((name, value) for name, value in answer.headers.items() if name != "date")
    return blurred(answer.status_code, answer.text, each), headers
