"""What is too long is cut where no secret is cut in half, and says so."""

import json
import re

import pytest

from datatracing.redact import Bounds, Redactor
from datatracing.redact.bounds import MARGIN

CUT = re.compile(r"\[cut (\d+) (\w+)\]")
KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "\n".join("MIIEpQIBAAKCAQEA0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL" for _ in range(50))
    + "\n-----END RSA PRIVATE KEY-----"
)
"""As long as those in use: 3 KiB, longer than the margin."""


def text(given, limit=1_000):
    return Redactor(bounds=Bounds(text_bytes=limit)).text(given)


def test_a_text_that_fits_is_not_touched():
    assert text("x " * 500) == "x " * 500


def test_a_long_text_keeps_its_head_and_its_tail_and_says_how_much_is_gone():
    lines = [f"line {number}" for number in range(5_000)]
    shown = text("\n".join(lines))
    number = int(CUT.search(shown)[1])
    assert shown.startswith("line 0\nline 1\n")
    assert shown.endswith("line 4998\nline 4999")
    assert len(shown) <= 1_000
    assert abs(len("\n".join(lines)) - len(CUT.sub("", shown)) - number) <= 2


@pytest.mark.parametrize("given", ["é" * 5_000, "😀 " * 5_000, "a\ud800" * 5_000, "word é " * 900, "é" * 600])
def test_bounds_are_bytes_and_no_character_is_cut_in_half(given):
    shown = text(given)
    assert len(shown.encode()) <= 1_000
    assert "�" not in shown
    assert CUT.search(shown)


SECRETS = {
    "pair": ("password=", "Q7" * 30),
    "quoted pair": ('"api_key": "', "Q7 X9 " * 20),
    "url": ("postgresql://shop:", "Q7!" * 20 + "@db/x"),
    "long url": ("postgresql://shop:", "Q7%2F" * 1_000 + "@db/x"),
    "token": ("ghp_", "Q7" * 20),
    "web token": ("eyJhbGciOiJIUzI1NiJ9.eyJ", "Q7" * 200 + "." + "Q7" * 40),
    "long web token": ("eyJhbGciOiJIUzI1NiJ9.eyJ", "Q7" * 3_000),
    "private key": ("-----BEGIN PRIVATE KEY-----\n", "Q7Q7Q7Q7\n" * 400 + "-----END PRIVATE KEY-----"),
    "address": ("", "Q7.Q7.Q7@mail.example"),
    "bearer": ("Authorization: Bearer ", "Q7" * 60),
}


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("filling", ["word and ", "k: v,\n"])
def test_law_7_a_cut_at_any_place_leaves_no_part_of_a_secret(kind, filling):
    """A secret is moved over every place where the text could be cut, in the head and in the tail."""
    beginning, rest = SECRETS[kind]
    limit, around = 600, filling * 900
    redactor = Redactor(bounds=Bounds(text_bytes=limit))
    edge = limit // 2 + MARGIN + 200
    for position in (*range(0, edge, 37), *range(280, 320), *range(edge - 420, edge)):
        head = f"{around[:position]} {beginning}{rest} {around}"
        tail = f"{around} {beginning}{rest} {around[:position]}"
        assert "Q7" not in redactor.text(head) + redactor.text(tail), position


def test_law_7_the_end_of_a_private_key_is_recognised_without_its_beginning():
    for behind in range(0, 3_000, 100):
        shown = text(f"{'before ' * 5_000}{KEY}{' after' * behind}", limit=4_000)
        assert "MIIE" not in shown
        assert "KEY" not in shown


def test_a_text_is_masked_before_it_is_cut_so_that_what_was_long_may_fit():
    assert text(f"start {KEY} end") == "start *** end"


def test_no_mask_is_cut_in_half():
    redactor = Redactor(bounds=Bounds(text_bytes=400), tokenise_key=b"k")
    for shift in range(40):
        shown = redactor.text("x" * shift + " token=abc" * 200)
        assert set(re.findall(r"tok_[0-9a-f]*", shown)) == {redactor.text("token=abc").removeprefix("token=")}


def test_megabytes_are_cut_before_they_are_searched():
    seen = []
    Redactor(extra=lambda given: seen.append(given) or given).text("word " * 1_000_000)
    assert sum(map(len, seen)) <= Bounds().text_bytes + 2 * MARGIN


def test_an_attribute_takes_no_more_than_its_bytes_however_it_is_nested():
    redactor = Redactor(bounds=Bounds(value_bytes=1_000))
    for value in (
        "v " * 5_000,
        ["word"] * 5_000,
        {f"k{number}": "v" * 50 for number in range(500)},
        [["x" * 900] * 9] * 9,
    ):
        shown = json.dumps(redactor.attributes({"x": value}))
        assert len(shown) <= 1_500
        assert CUT.search(shown)


def test_a_span_takes_no_more_than_its_bytes_and_names_what_is_gone():
    redactor = Redactor(bounds=Bounds(span_bytes=5_000))
    shown = redactor.attributes({f"name{number}": "v " * 500 for number in range(20)})
    assert len(json.dumps(shown)) <= 5_500
    assert list(shown)[:2] == ["name0", "name1"]
    assert CUT.fullmatch(shown["[cut]"])[2] == "attributes"
    assert int(CUT.fullmatch(shown["[cut]"])[1]) == 20 - (len(shown) - 1)


def test_the_number_of_attributes_is_bounded():
    shown = Redactor(bounds=Bounds(attributes=10)).attributes({f"name{number}": number for number in range(100)})
    assert shown == {**{f"name{number}": number for number in range(9)}, "[cut]": "[cut 91 attributes]"}


def test_lists_and_mappings_inside_are_bounded_in_number():
    redactor = Redactor(bounds=Bounds(attributes=4))
    given = {"list": list(range(10)), "map": {str(number): number for number in range(10)}, "four": [1, 2, 3, 4]}
    assert redactor.attributes(given) == {
        "list": [0, 1, 2, "[cut 7 items]"],
        "map": {"0": 0, "1": 1, "2": 2, "[cut]": "[cut 7 entries]"},
        "four": [1, 2, 3, 4],
    }


def test_a_long_name_is_cut():
    (name,) = Redactor().attributes({"n" * 5_000: 1})
    assert name == "[cut 5000 characters]"
    (name,) = Redactor().attributes({"long name " * 500: 1})
    assert name.startswith("long name long")
    assert len(name) <= 200


@pytest.mark.parametrize(
    "given",
    [
        {f"name{number}": number for number in range(300)},
        {f"name{number}": "v " * 5_000 for number in range(40)},
        {
            "x": [["a" * 700, list(range(300))] * 5, "tail " * 2_000],
            "y": {str(number): "v " * 99 for number in range(300)},
        },
        {"x": [[[[["d" * 50] * 20] * 20] * 20] * 20]},
    ],
)
def test_bounding_twice_changes_nothing(given):
    redactor = Redactor()
    once = redactor.attributes(given)
    assert redactor.attributes(once) == once
