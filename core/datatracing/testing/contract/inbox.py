"""The inbox: rows go in once and come out as they were."""

from dataclasses import replace

import pytest

from datatracing.errors import BadInputError
from datatracing.inbox.row import Content
from datatracing.store.port import Store
from datatracing.testing import build

RUN, OTHER = build.run("r1"), build.run("r2")
NOT_TRACE_IDS = ["", "0" * 32, "A" * 32, "a" * 31, "not a trace id", "g" * 32]


class InboxContract:
    """append, inbox, weight."""

    def test_an_appended_row_comes_back_whole(self, store: Store) -> None:
        row = build.row(RUN, 7, n=3, content=Content.MANIFEST, payload=bytes(range(256)))
        assert store.append([row]) == 1
        assert store.inbox(RUN.trace_id) == [row]

    def test_a_trace_is_weighed_without_being_read(self, store: Store) -> None:
        store.append([build.row(RUN, 0, payload=b"123"), build.row(RUN, 1, payload=b""), build.row(OTHER, 0)])
        assert store.weight(RUN.trace_id) == (2, 3)
        assert store.weight(build.run("r3").trace_id) == (0, 0)

    def test_the_rows_of_a_trace_are_its_own(self, store: Store) -> None:
        store.append([build.row(RUN, 0), build.row(OTHER, 0), build.row(RUN, 1)])
        assert {row.seq for row in store.inbox(RUN.trace_id)} == {0, 1}
        assert store.inbox(build.run("r3").trace_id) == []

    def test_a_row_that_is_already_there_is_left_alone(self, store: Store) -> None:
        first = build.row(RUN, 0)
        store.append([first])
        assert store.append([replace(first, payload=b"other", received_at=5), build.row(RUN, 1)]) == 1
        assert first in store.inbox(RUN.trace_id)
        assert len(store.inbox(RUN.trace_id)) == 2

    def test_a_row_that_comes_twice_in_one_batch_is_new_once(self, store: Store) -> None:
        assert store.append([build.row(RUN, 0)] * 3) == 1

    def test_other_boundaries_or_another_producer_make_another_row(self, store: Store) -> None:
        rows = [build.row(RUN, 0, n=1), build.row(RUN, 0, n=2), build.row(RUN, 0, n=1, producer="q")]
        assert store.append(rows) == 3
        assert len(store.inbox(RUN.trace_id)) == 3

    def test_an_empty_batch_is_fine(self, store: Store) -> None:
        assert store.append([]) == 0

    def test_many_rows_and_large_payloads_fit(self, store: Store) -> None:
        rows = [build.row(RUN, seq) for seq in range(1_500)] + [build.row(OTHER, payload=b"x" * 3_000_000)]
        assert store.append(rows) == 1_501
        assert len(store.inbox(RUN.trace_id)) == 1_500
        assert store.inbox(OTHER.trace_id) == rows[-1:]

    def test_numbers_of_64_bits_fit(self, store: Store) -> None:
        row = build.row(RUN, 2**63 - 1, received_at=2**62)
        store.append([row])
        assert store.inbox(RUN.trace_id) == [row]

    @pytest.mark.parametrize("producer", ["żółw 🐢", "nul\x00 and \x1a", "half \ud800 a pair", "a\x1a0000b", "'; --"])
    def test_any_text_comes_back_as_it_was(self, store: Store, producer: str) -> None:
        row = build.row(RUN, producer=producer)
        assert store.append([row]) == 1
        assert store.append([row]) == 0
        assert store.inbox(RUN.trace_id) == [row]

    @pytest.mark.parametrize("trace_id", NOT_TRACE_IDS)
    def test_a_row_needs_a_trace_id(self, store: Store, trace_id: str) -> None:
        with pytest.raises(BadInputError, match="not a trace id"):
            store.append([build.row(OTHER), replace(build.row(RUN), trace_id=trace_id)])
        with pytest.raises(BadInputError, match="not a trace id"):
            store.inbox(trace_id)
        assert store.inbox(OTHER.trace_id) == []
