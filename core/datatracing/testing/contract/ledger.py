"""The ledger: what was refused, lost or expired. Entries are added; only a report that grows changes one."""

from dataclasses import replace

import pytest

from datatracing.errors import BadInputError
from datatracing.model.fate import Fate
from datatracing.store.port import Store
from datatracing.testing import build
from datatracing.testing.contract.sealing import seal

RUN, OTHER = build.run("r1"), build.run("r2")


class LedgerContract:
    """record, report, ledger, totals."""

    @pytest.mark.parametrize("fate", list(Fate))
    def test_an_entry_comes_back_whole(self, store: Store, fate: Fate) -> None:
        entry = build.entry("nul\x00 \ud800 ż", 2**40, fate=fate, trace_id=RUN.trace_id, producer="host/1")
        store.record([entry])
        assert store.ledger() == store.ledger(RUN.trace_id) == [entry]

    def test_an_entry_may_belong_to_no_run(self, store: Store) -> None:
        store.record([build.entry()])
        assert store.ledger() == [build.entry()]
        assert store.ledger(RUN.trace_id) == []

    def test_the_newest_come_first_and_of_one_moment_the_last_recorded(self, store: Store) -> None:
        store.record([build.entry("b", at=5), build.entry("a", at=7)])
        store.record([build.entry("c", at=5), build.entry("d", at=1)])
        assert [entry.reason for entry in store.ledger()] == ["a", "c", "b", "d"]
        assert [entry.reason for entry in store.ledger(limit=2)] == ["a", "c"]

    def test_a_run_has_its_own_entries(self, store: Store) -> None:
        store.record([build.entry(f"{run.run_id}", trace_id=run.trace_id) for run in (RUN, OTHER, RUN)])
        assert [entry.reason for entry in store.ledger(RUN.trace_id)] == ["r1", "r1"]
        assert len(store.ledger(RUN.trace_id, limit=1)) == 1

    def test_the_same_entry_twice_is_two(self, store: Store) -> None:
        store.record([build.entry(), build.entry()])
        assert len(store.ledger()) == 2

    def test_a_seal_adds_its_entries_to_what_is_there(self, store: Store) -> None:
        store.record([build.entry("at the door", at=1, trace_id=RUN.trace_id)])
        seal(store, build.sealed(RUN, ledger=[build.entry("first seal", at=2, trace_id=RUN.trace_id)]))
        seal(store, build.sealed(RUN, ledger=[build.entry("second seal", at=3, trace_id=RUN.trace_id)]))
        assert [entry.reason for entry in store.ledger(RUN.trace_id)] == ["second seal", "first seal", "at the door"]

    def test_bad_input_is_refused(self, store: Store) -> None:
        with pytest.raises(BadInputError, match="limit"):
            store.ledger(limit=0)
        with pytest.raises(BadInputError, match="not a trace id"):
            store.ledger("nonsense")
        with pytest.raises(BadInputError, match="not a trace id"):
            store.record([build.entry(), build.entry(trace_id="nonsense")])
        assert store.ledger() == []
        store.record([])

    def test_what_is_reported_again_counts_once_with_its_largest_count(self, store: Store) -> None:
        first, grown = (build.entry("disk_full", n, trace_id=RUN.trace_id, fate=Fate.LOST) for n in (3, 5))
        store.report([first])
        store.report([first, grown, first])
        store.report([first])
        assert store.ledger() == [grown]

    def test_of_a_report_and_its_repetition_the_larger_numbers_hold(self, store: Store) -> None:
        one = build.entry("spool_torn", 3, trace_id=RUN.trace_id, producer="p", fate=Fate.LOST, told=9)
        other = replace(one, count=5, told=7)
        store.report([one, other])
        store.report([other])
        assert store.ledger() == [replace(one, count=5, told=9)]
        assert store.totals(RUN.trace_id) == [replace(one, count=5, told=9)]

    def test_reports_that_differ_in_anything_but_the_count_are_kept_apart(self, store: Store) -> None:
        one = build.entry("disk_full", 3, trace_id=RUN.trace_id, producer="p", fate=Fate.LOST)
        changes = (
            {"at": 5},
            {"reason": "spool_full"},
            {"namespace": "prod"},
            {"producer": "q"},
            {"trace_id": OTHER.trace_id},
        )
        others = [replace(one, **change) for change in changes]
        store.report([one, *others])
        assert sorted(store.ledger(), key=repr) == sorted([one, *others], key=repr)

    def test_a_report_leaves_alone_what_was_recorded(self, store: Store) -> None:
        store.record([build.entry(count=7)])
        store.report([build.entry(count=2)])
        assert sorted(entry.count for entry in store.ledger()) == [2, 7]

    def test_a_report_of_a_bad_trace_id_is_refused_whole(self, store: Store) -> None:
        with pytest.raises(BadInputError, match="not a trace id"):
            store.report([build.entry(), build.entry(trace_id="nonsense")])
        store.report([])
        assert store.ledger() == []

    def test_totals_keep_apart_who_can_say_how_many_there_were(self, store: Store) -> None:
        entries = [build.entry(trace_id=RUN.trace_id, producer="p", told=told) for told in (0, 0, 4)]
        store.record(entries)
        assert {(each.told, each.count) for each in store.totals(RUN.trace_id)} == {(0, 2), (4, 1)}

    def test_totals_add_up_a_runs_whole_ledger_by_fate_reason_and_producer(self, store: Store) -> None:
        entries = [build.entry(at=at, trace_id=RUN.trace_id, producer="p") for at in range(1, 1_204)]
        store.record([*entries, build.entry(count=2**40, at=9, trace_id=RUN.trace_id), build.entry(count=1)])
        found = {entry.producer: (entry.count, entry.at) for entry in store.totals(RUN.trace_id)}
        assert found == {"p": (1_203, 1_203), "": (2**40, 9)}
        assert store.totals(OTHER.trace_id) == []
