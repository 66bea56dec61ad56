"""`datatracing tokens`: made once, listed without secrets, revoked."""

import json

import pytest

from datatracing.access.tokens import Keyring
from datatracing.cli.app import run
from datatracing.connection import connect
from datatracing.model.token import Scope


@pytest.fixture
def tokens(sqlite_url, capsys):
    def ask(*arguments, code=0):
        assert run(["tokens", *arguments, "--store", sqlite_url]) == code
        return capsys.readouterr()

    ask.url = sqlite_url
    return ask


def found(url, secret):
    connection = connect(url)
    try:
        return Keyring([], connection.store.tokens).find(secret)
    finally:
        connection.close()


def test_a_token_is_printed_once_and_opens_what_it_says(tokens):
    secret = tokens("create", "workers", "--namespace", "prod").out.strip()
    token = found(tokens.url, secret)
    assert (token.name, token.namespace, token.scopes) == ("workers", "prod", frozenset({Scope.EVENTS}))
    assert secret not in tokens("list").out


def test_tokens_are_listed_for_people_and_programs(tokens):
    tokens("create", "watcher", "--scope", "events", "--scope", "manifests")
    assert "watcher  namespace default  events manifests" in tokens("list").out
    listed = json.loads(tokens("list", "--json").out)["tokens"]
    assert [(each["name"], each["scopes"]) for each in listed] == [("watcher", ["events", "manifests"])]


def test_a_revoked_token_opens_nothing(tokens):
    secret = tokens("create", "workers").out.strip()
    tokens("revoke", "workers")
    assert found(tokens.url, secret) is None
    assert "no token named 'workers'" in tokens("revoke", "workers", code=4).err


def test_a_name_that_is_taken_and_a_scope_that_is_none_are_refused(tokens):
    tokens("create", "workers")
    assert "already" in tokens("create", "workers", code=2).err
    tokens("create", "others", "--scope", "everything", code=2)
