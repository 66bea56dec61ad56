"""What holds between two openings of the same place: on one machine or on many."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from datatracing.store.port import Store
from datatracing.testing import build
from datatracing.testing.contract.needs import SHARE, needs
from datatracing.testing.contract.sealing import seal, tasks

RUN = build.run("r1")


class SharingContract:
    """append is durable, and a sealing holds the trace against everybody."""

    @needs(SHARE)
    def test_what_was_appended_and_sealed_is_there_for_others(
        self, store: Store, open_again: Callable[[], Store]
    ) -> None:
        store.append([build.row(RUN)])
        seal(store, build.sealed(RUN))
        store.record([build.entry()])
        other = open_again()
        assert other.inbox(RUN.trace_id) == [build.row(RUN)]
        assert other.run(RUN.trace_id) == build.summary(RUN)
        assert tasks(other, RUN) == ["detail"]
        assert other.ledger() == [build.entry()]

    @needs(SHARE)
    def test_a_row_is_new_to_only_one_of_many(self, store: Store, open_again: Callable[[], Store]) -> None:
        rows = [build.row(RUN, seq) for seq in range(400)]
        stores = [store, *(open_again() for _ in range(5))]
        with ThreadPoolExecutor(len(stores)) as threads:
            new = sum(threads.map(lambda each: each[1].append(rows[:: (-1) ** each[0]]), enumerate(stores)))
        assert new == 400
        assert len(store.inbox(RUN.trace_id)) == 400

    @needs(SHARE)
    def test_a_sealing_holds_the_trace_against_every_opening(
        self, store: Store, open_again: Callable[[], Store]
    ) -> None:
        def count_up(opened: Store) -> None:
            with opened.sealing(RUN.trace_id) as sealing:
                known = sealing.summary()
                sealing.write(build.sealed(build.summary(RUN, revision=known.revision + 1 if known else 1)))

        stores = [store, open_again(), open_again()]
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(count_up, stores * 8))
        assert store.run(RUN.trace_id) == build.summary(RUN, revision=24)

    @needs(SHARE)
    def test_what_somebody_else_sealed_no_longer_waits(self, store: Store, open_again: Callable[[], Store]) -> None:
        store.append([build.row(RUN)])
        other = open_again()
        assert store.unfolded(5) == other.unfolded(5) == [RUN.trace_id]
        seal(other, build.sealed(RUN))
        assert store.unfolded(5) == other.unfolded(5) == []
        other.append([build.row(RUN, 1)])
        assert store.unfolded(5) == [RUN.trace_id]
