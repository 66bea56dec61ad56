"""What is waiting to be folded: nothing is missed, and nothing stands in the way of the rest."""

import pytest

from datatracing.errors import BadInputError
from datatracing.model.run import RunRef
from datatracing.store.port import Store
from datatracing.testing import build

RUN = build.run("r1")


class UnfoldedContract:
    """unfolded, delivered, behind."""

    def test_the_newest_deliveries_are_named_by_their_runs_each_once(self, store: Store) -> None:
        one, two = build.run("one"), build.run("two")
        store.append([build.row(one)])
        store.append([build.row(two)])
        store.append([build.row(one, 1)])
        store.append([build.row(one, 1)])
        assert store.delivered(10) == [one.trace_id, two.trace_id]
        assert store.delivered(1) == [one.trace_id]

    def test_only_runs_with_more_than_was_folded_are_behind(self, store: Store) -> None:
        late, done, unknown = build.run("late"), build.run("done"), build.run("unknown")
        for each in (late, done):
            store.append([build.row(each)])
            _seal(store, each, rows=1)
        store.append([build.row(late, 1), build.row(RUN)])
        asked = [run.trace_id for run in (RUN, done, unknown, late, RUN)]
        assert store.behind(asked) == [RUN.trace_id, late.trace_id]
        assert store.behind([]) == []

    def test_a_new_run_waits_until_it_is_sealed(self, store: Store) -> None:
        store.append([build.row(RUN)])
        assert store.unfolded(10) == [RUN.trace_id]
        assert store.unfolded(10) == [RUN.trace_id]
        _seal(store, RUN, rows=1)
        assert store.unfolded(10) == []

    def test_a_late_row_makes_a_sealed_run_wait_again(self, store: Store) -> None:
        store.append([build.row(RUN)])
        _seal(store, RUN, rows=1)
        assert store.unfolded(10) == []
        store.append([build.row(RUN, 1)])
        assert store.unfolded(10) == [RUN.trace_id]

    def test_an_open_run_waits_only_for_rows_it_has_not_shown(self, store: Store) -> None:
        store.append([build.row(RUN)])
        with store.sealing(RUN.trace_id) as sealing:
            sealing.open(build.open_summary(RUN, inbox_rows=1))
        assert store.unfolded(10) == []
        store.append([build.row(RUN, 1)])
        assert store.unfolded(10) == [RUN.trace_id]

    def test_a_seal_that_missed_a_row_leaves_the_run_waiting(self, store: Store) -> None:
        store.append([build.row(RUN), build.row(RUN, 1)])
        _seal(store, RUN, rows=1)
        assert store.unfolded(10) == [RUN.trace_id]

    def test_at_most_so_many_are_named_and_each_once(self, store: Store) -> None:
        store.append([build.row(build.run(f"r{n}"), seq) for n in range(8) for seq in range(3)])
        assert len(store.unfolded(5)) == len(set(store.unfolded(5))) == 5
        assert len(store.unfolded(100)) == 8
        with pytest.raises(BadInputError, match="limit"):
            store.unfolded(0)

    def test_every_run_is_named_in_the_end_and_none_after_it_is_sealed(self, store: Store) -> None:
        runs = {run.trace_id: run for run in map(build.run, map(str, range(60)))}
        left = dict(runs)
        for number, run in enumerate(runs.values()):
            store.append([build.row(run)])
            if number % 3 == 0:
                for trace_id in store.unfolded(2):
                    _seal(store, left.pop(trace_id), rows=1)
        while waiting := store.unfolded(7):
            for trace_id in waiting:
                _seal(store, left.pop(trace_id), rows=1)
        assert left == {}

    def test_runs_that_cannot_be_sealed_do_not_stand_in_the_way(self, store: Store) -> None:
        stubborn = [build.run(f"bad{number}") for number in range(6)]
        ids = {run.trace_id for run in stubborn}
        store.append([build.row(run) for run in stubborn])
        assert set(store.unfolded(3)) | set(store.unfolded(3)) == ids
        store.append([build.row(RUN)])
        assert RUN.trace_id in store.unfolded(3)
        _seal(store, RUN, rows=1)
        assert set(store.unfolded(3)) | set(store.unfolded(3)) == ids


def _seal(store: Store, run: RunRef, *, rows: int) -> None:
    with store.sealing(run.trace_id) as sealing:
        sealing.write(build.sealed(build.summary(run, inbox_rows=rows)))
