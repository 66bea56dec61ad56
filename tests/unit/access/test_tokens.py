"""Law 8: tokens are random, kept as hashes, for one namespace, with scopes."""

import pytest

from datatracing.access import tokens
from datatracing.access.tokens import Keyring, fresh_token, shared, token
from datatracing.errors import BadInputError, StoreUnreachableError
from datatracing.model.token import Scope
from datatracing.testing import build

WORKER = token("worker", "prod", [Scope.EVENTS], "s3cret")


def test_only_the_same_token_is_right():
    keyring = Keyring([WORKER])
    assert keyring.find("s3cret") == WORKER
    assert keyring.find("s3cre") is None
    assert keyring.find("") is None
    assert keyring.find("\ud800") is None


def test_a_token_that_is_not_set_opens_nothing():
    keyring = Keyring(shared("", "default", Scope))
    assert keyring.find("") is None
    assert keyring.find("anything") is None


def test_the_secret_is_not_in_what_is_kept():
    assert "s3cret" not in repr(WORKER)


def test_new_tokens_differ_and_are_long():
    assert fresh_token() != fresh_token()
    assert len(fresh_token()) >= 40


def test_a_token_reaches_its_namespace_and_no_other():
    assert WORKER.reaches(build.run(namespace="prod"))
    assert not WORKER.reaches(build.run(namespace="default"))
    assert token("all", "*", [Scope.READ], "x").reaches(build.run(namespace="default"))


def test_scopes_are_not_one_another():
    assert WORKER.allows(Scope.EVENTS)
    assert not WORKER.allows(Scope.MANIFESTS, Scope.READ)


@pytest.mark.parametrize(("name", "namespace", "scopes"), [
    ("", "prod", [Scope.EVENTS]),
    ("a b", "prod", [Scope.EVENTS]),
    ("x" * 65, "prod", [Scope.EVENTS]),
    ("worker", "", [Scope.EVENTS]),
    ("worker", "n" * 201, [Scope.EVENTS]),
    ("worker", "prod", []),
])  # fmt: skip
def test_a_token_without_a_name_a_namespace_or_a_scope_is_refused(name, namespace, scopes):
    with pytest.raises(BadInputError):
        token(name, namespace, scopes, "secret")


class Kept:
    """A store's tokens, counted."""

    def __init__(self):
        self.asked = 0
        self.away = False
        self.tokens = [WORKER]

    def __call__(self):
        self.asked += 1
        if self.away:
            raise StoreUnreachableError("away")
        return self.tokens


def test_the_store_is_asked_once_in_a_while_and_a_revoked_token_ends(monkeypatch):
    kept = Kept()
    keyring = Keyring([], kept)
    assert keyring.find("s3cret") == WORKER
    assert keyring.find("wrong") is None
    assert kept.asked == 1
    kept.tokens = []
    monkeypatch.setattr(tokens, "FRESH", 0.0)
    keyring._until = 0.0
    assert keyring.find("s3cret") is None


def test_tokens_that_are_known_hold_while_the_store_is_away():
    kept = Kept()
    keyring = Keyring(shared("given", "default", Scope), kept)
    kept.away = True
    assert keyring.find("given").name == "DATATRACING_TOKEN"
    with pytest.raises(StoreUnreachableError):
        keyring.find("s3cret")
    kept.away = False
    assert keyring.find("s3cret") == WORKER
    kept.away = True
    keyring._until = 0.0
    assert keyring.find("s3cret") == WORKER
