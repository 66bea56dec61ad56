"""Single values of Dagster in our terms."""

import pytest
from dagster._utils.error import SerializableErrorInfo
from hypothesis import given
from hypothesis import strategies as st

from datatracing_dagster.mapping import DEPTH, error_info, error_names, step, unresolved

NAME = st.from_regex(r"[A-Za-z0-9_]{1,20}(\.[A-Za-z0-9_]{1,20})?", fullmatch=True)
KEY = st.from_regex(r"[A-Za-z0-9_]{1,20}", fullmatch=True)


@given(NAME, KEY)
def test_a_step_key_comes_apart_into_what_it_was_made_of(name, key):
    assert step(name) == (name, "")
    assert step(f"{name}[{key}]") == (name, key)
    assert not unresolved(f"{name}[{key}]")


@given(NAME)
def test_what_stands_for_keys_that_nobody_knows_yet_is_none(name):
    assert step(f"{name}[?]") == (name, "")
    assert unresolved(f"{name}[?]")


def error(*names):
    found = None
    for name in reversed(names):
        found = SerializableErrorInfo(f"{name}: said {name}\n", [f"in {name}\n"], name, found)
    return found


@pytest.mark.parametrize(
    ("names", "inner"),
    [
        (["DagsterExecutionStepExecutionError", "ValueError"], "ValueError"),
        (["RetryRequestedFromPolicy", "KeyError", "ValueError"], "KeyError"),
        (["ChildProcessCrashException"], "ChildProcessCrashException"),
        (["DagsterExecutionStepExecutionError"], "DagsterExecutionStepExecutionError"),
    ],
)
def test_the_users_own_error_is_inside_of_what_dagster_puts_around_it(names, inner):
    info = error_info(error(*names))
    assert (info.type, info.message, info.stacktrace) == (inner, f"said {inner}", f"in {inner}\n")
    assert error_names(error(*names)) == set(names)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("cases.Weird: no\n", "no"),
        ("cases.outer.<locals>.Weird: no\n", "no"),
        ("Weird: no\n", "no"),
        ("cases.Weird\n", ""),
        ("Weirder: no\n", "Weirder: no"),
        ("not.Weird.at: all\n", "not.Weird.at: all"),
        ("", ""),
    ],
)
def test_a_class_is_named_once(message, said):
    info = error_info(SerializableErrorInfo(message, [], "Weird"))
    assert (info.type, info.message) == ("Weird", said)


def test_no_error_is_none():
    assert error_info(None) is None
    assert error_names(None) == frozenset()


def test_a_chain_of_causes_without_an_end_has_one():
    assert len(error_names(error(*(f"E{number}" for number in range(100))))) == DEPTH
