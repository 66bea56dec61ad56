"""Any text survives any database, and ordinary text is stored as it is."""

from hypothesis import given
from hypothesis import strategies as st

from datatracing.model.link import LinkKind
from datatracing.store.sql.edges import KIND_CODES
from datatracing.store.sql.types import Words

WORDS = Words()
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_text_comes_back_and_is_encodable_without_nul(text):
    stored = WORDS.process_bind_param(text, None)
    assert "\x00" not in stored
    stored.encode()
    assert WORDS.process_result_value(stored, None) == text


@given(ANY_TEXT, ANY_TEXT)
def test_different_texts_stay_different(one, other):
    stored = [WORDS.process_bind_param(text, None) for text in (one, other)]
    assert (stored[0] == stored[1]) == (one == other)


def test_ordinary_text_is_readable_in_the_database():
    for text in ("", "etl_daily", "żółw 🐢", "a\nb\tc", "\x1b[31m"):
        assert WORDS.process_bind_param(text, None) == text


def test_every_kind_of_link_has_a_code_that_never_changes():
    assert {kind.value: code for kind, code in KIND_CODES.items()} == {
        "triggered": 1,
        "asset": 2,
        "waited_for": 3,
        "rerun_of": 4,
        "backfill_of": 5,
        "child": 6,
        "propagated": 7,
    }
    assert set(KIND_CODES) == set(LinkKind)
