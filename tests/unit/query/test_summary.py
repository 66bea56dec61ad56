"""Run summaries as documents, and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatracing.access.visibility import EVERYTHING
from datatracing.errors import BadInputError
from datatracing.model.completeness import Completeness, CompletenessStatus
from datatracing.model.event import Times
from datatracing.model.fate import Books, Fate
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing.model.verdict import Verdict
from datatracing.query.document import dumps
from datatracing.query.summary import page_document, read_page, read_summary, summary_document
from datatracing.store.search import Page
from datatracing.store.summary import RunSummary

moments = st.none() | st.integers(0, 4_000_000_000_000_000)
words = st.text(max_size=20).filter(lambda text: text.encode("utf-8", "ignore").decode() == text)
counts = st.integers(0, 1_000_000)
summaries = st.builds(
    RunSummary,
    run=st.builds(RunRef, st.sampled_from(["airflow", "dagster", "prefect"]), words, words, words),
    state=st.sampled_from(State),
    raw_state=st.none() | words,
    times=st.builds(Times, moments, moments, moments, moments),
    revision=counts,
    verdict=st.none() | st.builds(Verdict, st.booleans(), words, words, st.floats(0, 1)),
    fate=st.none() | st.sampled_from(Fate),
    fate_reason=words,
    completeness=st.builds(Completeness, st.sampled_from(CompletenessStatus), counts, counts, st.tuples(words)),
    books=st.builds(Books, counts, counts, counts, counts, counts, counts),
    counts=st.dictionaries(words, counts, max_size=3),
    sealed_at=moments,
    fingerprint=words,
)


@given(summaries)
def test_a_summary_comes_back_from_its_document_as_it_was(summary):
    assert read_summary(json.loads(dumps(summary_document(summary, EVERYTHING)))) == summary


@given(st.lists(summaries, max_size=3), st.none() | words)
def test_a_page_comes_back_with_its_cursor(runs, cursor):
    page = Page(tuple(runs), cursor)
    assert read_page(json.loads(dumps(page_document(page, EVERYTHING)))) == page


@pytest.mark.parametrize("document", [{}, {"runs": [{}], "cursor": None}, {"runs": None, "cursor": None}, []])
def test_what_is_not_a_page_is_refused_in_one_sentence(document):
    with pytest.raises(BadInputError, match="this is not"):
        read_page(document)
