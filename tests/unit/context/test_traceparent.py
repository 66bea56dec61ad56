"""What is not exactly a traceparent is none: it comes from a run's conf, and anybody may have written it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatracing.context.traceparent import Traceparent, parse_traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_traceparent_is_read_and_written_as_it_was():
    read = parse_traceparent(f"00-{TRACE}-{SPAN}-01")
    assert read == Traceparent(TRACE, SPAN, sampled=True)
    assert str(read) == f"00-{TRACE}-{SPAN}-01"


def test_only_the_first_flag_says_whether_it_is_recorded():
    assert parse_traceparent(f"00-{TRACE}-{SPAN}-02").sampled is False
    assert parse_traceparent(f"00-{TRACE}-{SPAN}-03").sampled is True


def test_a_later_version_may_carry_more_behind_a_dash():
    assert parse_traceparent(f"01-{TRACE}-{SPAN}-01-what-comes").trace_id == TRACE


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        {"traceparent": f"00-{TRACE}-{SPAN}-01"},
        b"00-",
        "",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01\n",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"01-{TRACE}-{SPAN}-01more",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0",
        f"01-{TRACE}-{SPAN}-01-" + "x" * 10_000,
    ],
)
def test_anything_else_is_none(value):
    assert parse_traceparent(value) is None


@given(st.text())
def test_no_text_makes_it_raise(text):
    read = parse_traceparent(text)
    assert read is None or len(read.trace_id) == 32


@given(st.text("0123456789abcdef", min_size=32, max_size=32), st.text("0123456789abcdef", min_size=16, max_size=16))
def test_whatever_is_written_is_read_again(trace, span):
    written = Traceparent(trace, span)
    valid = bool(trace.strip("0") and span.strip("0"))
    assert parse_traceparent(str(written)) == (written if valid else None)
