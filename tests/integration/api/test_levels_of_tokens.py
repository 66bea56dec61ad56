"""Law 8 in `datatracing serve`: what the holder of each kind of token is told, on every route."""

import httpx
import pytest

from datatracing.access.tokens import shared
from datatracing.access.visibility import Level
from datatracing.api.standalone import standalone
from datatracing.connection import connect
from datatracing.model.token import EVERYWHERE, Scope
from tests.canaries.asking import requests
from tests.canaries.world import STORED, fill, leaks, told
from tests.integration.api.conftest import served

HOLDERS = {
    "worker": ("default", Scope.EVENTS, Level.RUN),
    "worker elsewhere": ("other", Scope.EVENTS, Level.NOTHING),
    "watcher": ("default", Scope.MANIFESTS, Level.TEXTS),
    "watcher elsewhere": ("other", Scope.MANIFESTS, Level.NOTHING),
    "reader": ("default", Scope.READ, Level.TEXTS),
    "reader elsewhere": ("other", Scope.READ, Level.NOTHING),
    "admin": (EVERYWHERE, Scope.READ, Level.TEXTS),
}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """What anybody is told: secrets are the holders' names."""
    connection = connect(f"sqlite:///{tmp_path_factory.mktemp('tokens')}/traces.db", migrate=True)
    fill(connection.store)
    tokens = [each for name, (where, scope, _) in HOLDERS.items() for each in shared(name, where, [scope])]
    app = standalone(connection, tokens, 60)
    with served(app) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield lambda name, each: [(asked, sent(client, name, asked)) for asked in requests(app, each)]
    connection.close()


def sent(client, name, asked):
    headers = {"authorization": f"Bearer {name}"} if name else {}
    headers |= {"content-type": asked.media_type} if asked.media_type else {}
    return client.request(asked.method, asked.path, content=asked.body, headers=headers)


@pytest.mark.parametrize("whose", ["mine", "absent"])
@pytest.mark.parametrize("name", ["", "nobody", *HOLDERS])
def test_law8_nobody_is_told_more_than_the_token_opens(ask, name, whose):
    level = HOLDERS[name][2] if name in HOLDERS else Level.NOTHING
    levels = dict.fromkeys((*STORED, "absent"), level)  # a worker may have made it
    leaked = {
        f"{asked.method} {asked.path}": found
        for asked, answer in ask(name, told(whose))
        if (found := leaks(answer.content, levels, asked.path.encode() + asked.body))
    }
    assert not leaked


@pytest.mark.parametrize("name", ["reader", "admin"])
def test_the_readers_token_opens_all_of_its_namespace(ask, name):
    shown = {text for asked, answer in ask(name, told("mine")) for text in leaks(answer.content, {})}
    assert {f"canary.{whose}.texts.message" for whose in ("mine",)} <= shown


def test_law8_a_worker_reads_nothing(ask):
    read = {asked.path: answer.status_code for asked, answer in ask("worker", told("mine")) if asked.method == "GET"}
    assert {path for path, status in read.items() if status == 200} == {"/healthz"}
