"""What is asked before a token is searched for is in every token of its kind."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datatracing.redact.tokens import TOKENS

SOURCES = [(hints, pattern.source) for hints, pattern in TOKENS]


@pytest.mark.parametrize(("hints", "source"), SOURCES, ids=[hints[0] for hints, _ in SOURCES])
def test_no_token_is_without_one_of_its_marks(hints, source):
    @settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])  # a token is long
    @given(st.from_regex(source))
    def marked(token):
        assert any(hint in token.lower() for hint in hints)

    marked()


def test_marks_are_looked_for_in_lowered_text():
    assert all(hint == hint.lower() and hint for hints, _ in TOKENS for hint in hints)
    assert all(hints for hints, _ in TOKENS)
