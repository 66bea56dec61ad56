"""Bearer tokens."""

from datatracing.access.tokens import fresh_token, same_token


def test_only_the_same_token_is_right():
    assert same_token("s3cret", "s3cret")
    assert not same_token("s3cre", "s3cret")
    assert not same_token("", "s3cret")


def test_a_token_that_is_not_set_opens_nothing():
    assert not same_token("", "")
    assert not same_token("anything", "")


def test_letters_outside_ascii_are_compared_and_not_refused():
    assert same_token("schlüssel", "schlüssel")
    assert not same_token("schlussel", "schlüssel")
    assert not same_token("\ud800", "schlüssel")


def test_new_tokens_differ_and_are_long():
    assert fresh_token() != fresh_token()
    assert len(fresh_token()) >= 40
