"""Strangers' text in a terminal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from datatracing.cli.output import print_json
from datatracing.cli.terminal.text import first_line, fit, plain

HOSTILE = [
    ("\x1b[31mred", "\\x1b[31mred"),
    ("\x9b2J", "\\x9b2J"),
    ("two\nlines\r", "two\\nlines\\r"),
    ("abc\u202ecba", "abc\\u202ecba"),
    ("zero\u200bwidth", "zero\\u200bwidth"),
    ("line\u2028break", "line\\u2028break"),
    ("tag\U000e0041", "tag\\U000e0041"),
    ("half \ud800", "half \\ud800"),
    ("blank\u3164", "blank\\u3164"),
    ("picture \u2764\ufe0f", "picture \u2764\\ufe0f"),
    ("e\u0301 is one letter", "e\u0301 is one letter"),
    ("\u0338first", "\\u0338first"),
    ("[red]markup[/red] :boom:", "[red]markup[/red] :boom:"),
    ("Überweisung_数据", "Überweisung_数据"),
]


@pytest.mark.parametrize(("text", "shown"), HOSTILE)
def test_what_a_terminal_would_act_on_is_written_out(text, shown):
    assert plain(text) == shown


def test_accents_are_not_stacked_over_the_lines_above():
    assert plain("a" + "\u0301" * 4) == "a\u0301\u0301\\u0301\\u0301"


@given(st.text())
def test_plain_text_is_one_line_that_can_be_printed(text):
    shown = plain(text)
    assert shown.isprintable()
    assert plain(shown) == shown


@given(st.text(max_size=400), st.integers(1, 120))
def test_fitted_text_takes_exactly_its_cells(text, width):
    assert cell_len(fit(plain(text), width)) == width


def test_a_long_name_keeps_its_front_and_its_end():
    fitted = fit("scheduled__2025-01-31T06:00:00+00:00", 20)
    assert fitted.startswith("scheduled__")
    assert fitted.endswith("+00:00")


def test_the_first_line_of_an_error_says_that_there_is_more():
    assert first_line("\n  no such table\nLINE 1: ...") == "no such table ..."
    assert first_line("") == ""


@pytest.mark.parametrize("text", [text for text, _ in HOSTILE if "\ud800" not in text])
def test_json_for_programs_holds_the_text_and_nothing_that_a_terminal_acts_on(capsys, text):
    print_json({"name": text})
    printed = capsys.readouterr().out

    assert json.loads(printed) == {"name": text}
    assert not {"\x1b", "\x9b", "\u202e", "\u200b", "\u2028", "\U000e0041"} & set(printed)
