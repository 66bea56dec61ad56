"""`redact` shows what would be masked."""

import io
import json
import sys


def test_a_text_is_shown_as_it_would_be_stored(home, datatracing):
    answer = datatracing("redact", "connect(password='hunter2') for ann@mail.example")
    assert answer.out == "connect(password='***') for ***\n"
    assert answer.err == "masked: 1 by email, 1 by pair\n"
    assert answer.code == 0


def test_a_text_without_a_secret_says_that_nothing_was_masked(home, datatracing):
    answer = datatracing("redact", "token = next(tokens)")
    assert (answer.out, answer.err) == ("token = next(tokens)\n", "masked: nothing\n")


def test_standard_input_is_read_and_json_is_written(home, datatracing, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("a\ntoken=abc\n"))
    answer = datatracing("redact", "-", "--json")
    assert json.loads(answer.out) == {"text": "a\ntoken=***\n", "masked": {"pair": 1}}


def test_names_and_patterns_of_the_settings_count(home, datatracing, monkeypatch):
    monkeypatch.setenv("DATATRACING_REDACT_NAMES", "badge number")
    monkeypatch.setenv("DATATRACING_REDACT_PATTERNS", r"EMP-\d{6}")
    assert datatracing("redact", "badgeNumber=7 EMP-123456").out == "badgeNumber=*** ***\n"


def test_a_terminal_is_never_acted_on(home, datatracing):
    assert "\x1b" not in datatracing("redact", "a \x1b[31m b").out
