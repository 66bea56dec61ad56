"""The tokens that may send and read."""

import pytest

from datatracing.errors import BadInputError
from datatracing.model.token import Scope, Token
from datatracing.store.port import Store

WORKER = Token("worker", "default", frozenset({Scope.EVENTS}), "ab" * 32, 5)
ADMIN = Token("admin", "*", frozenset(Scope), "cd" * 32, 7)


class TokensContract:
    """tokens, add_token, revoke_token."""

    def test_a_token_comes_back_whole_until_it_is_revoked(self, store: Store) -> None:
        store.add_token(WORKER)
        store.add_token(ADMIN)
        assert store.tokens() == [ADMIN, WORKER]
        assert store.revoke_token("worker")
        assert not store.revoke_token("worker")
        assert store.tokens() == [ADMIN]

    def test_a_name_is_given_to_one_token_only(self, store: Store) -> None:
        store.add_token(WORKER)
        with pytest.raises(BadInputError, match="already"):
            store.add_token(Token("worker", "*", frozenset(Scope), "ef" * 32))
        assert store.tokens() == [WORKER]
