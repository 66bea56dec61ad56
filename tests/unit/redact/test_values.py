"""Attributes of any kind become plain JSON values."""

import json
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

import pytest

from datatracing.redact import Bounds, Redactor


def plain(value):
    return Redactor().attributes({"x": value})["x"]


class Colour(Enum):
    RED = "red"


class Level(int, Enum):
    HIGH = 3


class Word(str):
    __slots__ = ()

    def __str__(self):
        return "something else"


class Opaque:
    def __repr__(self):
        raise AssertionError("an object must not be asked for its text")

    __str__ = __repr__


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", "text"),
        (1, 1),
        (-1.5, -1.5),
        (True, True),
        (None, None),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (2**63 - 1, 2**63 - 1),
        (2**63, "9223372036854775808"),
        (b"bytes", "bytes"),
        (bytearray(b"bytes"), "bytes"),
        (b"\xff\xfe", "<2 bytes>"),
        (memoryview(b"view"), "view"),
        ((1, "a"), [1, "a"]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"a"}), ["a"]),
        (deque([1]), [1]),
        (OrderedDict(a=1), {"a": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Word("word"), "word"),
        (datetime(2024, 1, 2, tzinfo=timezone.utc), "2024-01-02T00:00:00+00:00"),
        (date(2024, 1, 2), "2024-01-02"),
        (timedelta(seconds=90), "0:01:30"),
        (Decimal("1.10"), "1.10"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("/a/b"), "/a/b"),
        (Fraction(1, 2), 0.5),
        ("half \ud800 pair", "half ? pair"),
        ({1: 3, None: 2, (1, 2): 4}, {"1": 3, "None": 2, "<builtins.tuple>": 4}),
    ],
)
def test_each_kind_of_value_has_one_json_form(value, shown):
    made = plain(value)
    assert made == shown
    assert type(made) is type(shown)
    json.dumps(made, allow_nan=False, ensure_ascii=False).encode()


def test_an_integer_that_nobody_can_read_is_described():
    assert plain(10**5_000) == "<integer of 16610 bits>"


def test_an_object_is_never_asked_for_its_own_text():
    assert plain(Opaque()).endswith("test_values.Opaque>")
    assert plain(Opaque).startswith("<builtins.type")
    assert plain(generator for generator in ()) == "<builtins.generator>"


def test_records_keep_the_names_of_their_fields_so_that_their_secrets_are_found():
    class Login(NamedTuple):
        user: str
        password: str

    @dataclass
    class Account:
        user: str
        api_key: str

    assert plain(Login("ann", "hunter2")) == {"user": "ann", "password": "***"}
    assert plain([Account("ann", "hunter2")]) == [{"user": "ann", "api_key": "***"}]


def test_secrets_are_found_in_bytes_and_in_nested_places():
    value = {"a": [({"b": {b"password=hunter2"}},)], "c": deque([{"token": "x"}])}
    assert plain(value) == {"a": [[{"b": ["password=***"]}]], "c": [{"token": "***"}]}


def test_a_cycle_ends_where_it_begins():
    loop = {"name": "loop"}
    loop["again"] = [loop]
    assert plain(loop) == {"name": "loop", "again": ["[cycle]"]}


def test_the_same_object_twice_is_no_cycle():
    part = {"a": 1}
    assert plain([part, part]) == [{"a": 1}, {"a": 1}]


def test_depth_is_bounded_and_says_so():
    deep = "bottom"
    for _ in range(10_000):
        deep = [deep]
    made = Redactor(bounds=Bounds(depth=3)).attributes({"x": deep})
    assert made == {"x": [[["[cut 1 levels]"]]]}


def test_shared_parts_do_not_multiply():
    wide = ["leaf"]
    for _ in range(8):
        wide = [wide] * 100
    assert len(json.dumps(plain(wide))) < 20_000


class Broken(Mapping):
    def __getitem__(self, key):
        raise KeyError(key)

    def __iter__(self):
        raise RuntimeError("changed while it was read")

    def __len__(self):
        return 3


def test_what_cannot_be_read_is_masked_and_counted_and_the_rest_is_shown():
    redactor = Redactor()
    given = {"a": 1, "broken": Broken(), "deep": [{"broken": Broken(), "b": 2}], "c": 3}
    assert redactor.attributes(given) == {"a": 1, "broken": "***", "deep": [{"broken": "***", "b": 2}], "c": 3}
    assert redactor.counts == {"unreadable": 2}


class Unspeakable(int):
    def __int__(self):
        raise RuntimeError("not now")


def test_a_name_that_cannot_be_read_may_promise_a_secret():
    assert Redactor().attributes({Unspeakable(1): "value", "a": 1}) == {"***": "***", "a": 1}


def test_attributes_that_cannot_be_read_at_all_say_so():
    redactor = Redactor()
    assert redactor.attributes(Broken()) == {"[cut]": "unreadable"}
    assert redactor.counts == {"unreadable": 1}


def test_names_are_masked_too_and_no_entry_is_lost_by_it():
    redactor = Redactor()
    given = {"ann@mail.example": 1, "bob@mail.example": 2, "token=abc": 3, "plain": 4}
    assert redactor.attributes(given) == {"***": 1, "*** (2)": 2, "token=***": "***", "plain": 4}
    assert redactor.counts == {"email": 2, "pair": 1, "name": 1}


def test_what_was_given_is_not_changed():
    given = {"password": "x", "run": {"list": [{"token": "y"}]}}
    Redactor().attributes(given)
    assert given == {"password": "x", "run": {"list": [{"token": "y"}]}}
