"""Sealing: one trace, alone, all or nothing."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from datatracing.errors import BadInputError
from datatracing.model.link import Access, AssetUse
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing.store.port import Store
from datatracing.store.sealed import Sealed
from datatracing.store.search import RunFilter
from datatracing.testing import build

RUN, OTHER = build.run("r1"), build.run("r2")


class StopHostError(BaseException):
    """Stands for what an orchestrator raises through us to end a task."""


class SealingContract:
    """sealing."""

    def test_what_is_not_a_trace_id_is_refused(self, store: Store) -> None:
        for ask in (store.run, store.spans, store.links, lambda text: store.sealing(text).__enter__()):
            with pytest.raises(BadInputError, match="not a trace id"):
                ask("nonsense")

    def test_the_block_sees_the_inbox_and_what_it_wrote_itself(self, store: Store) -> None:
        store.append([build.row(RUN)])
        with store.sealing(RUN.trace_id) as sealing:
            assert sealing.inbox() == [build.row(RUN)]
            assert sealing.summary() is None
            sealing.write(build.sealed(RUN))
            assert sealing.summary() == build.summary(RUN)

    def test_nothing_is_seen_outside_before_the_block_ends(self, store: Store) -> None:
        with store.sealing(RUN.trace_id) as sealing, ThreadPoolExecutor(1) as elsewhere:
            sealing.write(build.sealed(RUN))
            assert elsewhere.submit(store.run, RUN.trace_id).result() is None
            assert elsewhere.submit(store.spans, RUN.trace_id).result() is None
        assert store.run(RUN.trace_id) is not None

    @pytest.mark.parametrize("error", [ValueError, StopHostError, KeyboardInterrupt])
    def test_an_exception_in_the_block_passes_and_leaves_nothing(
        self, store: Store, error: type[BaseException]
    ) -> None:
        def fail() -> None:
            with store.sealing(RUN.trace_id) as sealing:
                links = (build.caused(OTHER),)
                sealing.write(build.sealed(RUN, links=links, aliases=("ab" * 16,), ledger=(build.entry(),)))
                raise error

        with pytest.raises(error):
            fail()
        assert store.run(RUN.trace_id) is store.run("ab" * 16) is None
        assert store.spans(RUN.trace_id) is None
        assert store.links(RUN.trace_id) == store.links(OTHER.trace_id) == []
        assert store.ledger() == []
        seal(store, build.sealed(RUN))
        assert store.run(RUN.trace_id) == build.summary(RUN)

    def test_a_failed_seal_leaves_the_one_before(self, store: Store) -> None:
        seal(store, build.sealed(RUN))

        def fail() -> None:
            with store.sealing(RUN.trace_id) as sealing:
                sealing.write(build.sealed(build.summary(RUN, revision=1), detail=None))
                raise ValueError

        with pytest.raises(ValueError):  # noqa: PT011 - ours, from the line above
            fail()
        assert store.run(RUN.trace_id) == build.summary(RUN)
        assert tasks(store, RUN) == ["detail"]

    def test_sealing_again_replaces_everything(self, store: Store) -> None:
        seal(store, build.sealed(RUN, spans=[build.span_row(RUN, f"t{n}") for n in range(700)], aliases=("ab" * 16,)))
        assert tasks(store, RUN) == ["detail"]
        seal(store, build.sealed(build.summary(RUN, revision=1), detail=None, spans=(), aliases=("cd" * 16,)))
        assert tasks(store, RUN) == ["skeleton"]
        assert store.run("ab" * 16) is None
        assert store.run("cd" * 16) == store.run(RUN.trace_id) == build.summary(RUN, revision=1)

    def test_a_block_that_writes_nothing_changes_nothing(self, store: Store) -> None:
        with store.sealing(RUN.trace_id):
            pass
        assert store.run(RUN.trace_id) is None

    def test_only_the_run_that_is_held_can_be_written(self, store: Store) -> None:
        with store.sealing(RUN.trace_id) as sealing, pytest.raises(BadInputError, match="held"):
            sealing.write(build.sealed(OTHER))
        with store.sealing(RUN.trace_id) as sealing, pytest.raises(BadInputError, match="held"):
            sealing.open(build.open_summary(OTHER))
        assert store.run(OTHER.trace_id) is None

    def test_an_open_run_is_listed_and_has_no_spans_yet(self, store: Store) -> None:
        with store.sealing(RUN.trace_id) as sealing:
            sealing.open(build.open_summary(RUN))
        assert store.run(RUN.trace_id) == build.open_summary(RUN)
        assert store.runs(RunFilter(), 10).runs == (build.open_summary(RUN),)
        assert store.spans(RUN.trace_id) is None

    def test_opening_again_brings_an_open_run_up_to_date(self, store: Store) -> None:
        for state in (State.QUEUED, State.RUNNING):
            with store.sealing(RUN.trace_id) as sealing:
                sealing.open(build.open_summary(RUN, state=state))
        assert store.run(RUN.trace_id) == build.open_summary(RUN)

    def test_opening_a_sealed_run_changes_nothing(self, store: Store) -> None:
        seal(store, build.sealed(RUN))
        with store.sealing(RUN.trace_id) as sealing:
            sealing.open(build.open_summary(RUN))
        assert store.run(RUN.trace_id) == build.summary(RUN)
        assert tasks(store, RUN) == ["detail"]

    def test_two_sealings_of_one_trace_never_overlap(self, store: Store) -> None:
        def count_up(_: int) -> None:
            with store.sealing(RUN.trace_id) as sealing:
                known = sealing.summary()
                sealing.write(build.sealed(build.summary(RUN, revision=known.revision + 1 if known else 1)))

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(count_up, range(40)))
        assert store.run(RUN.trace_id) == build.summary(RUN, revision=40)

    def test_assets_are_taken_however_long_or_often(self, store: Store) -> None:
        span_id = build.span_row(RUN, "load").span_id
        uses = [AssetUse("s3://bucket/" + "x" * 9_000, access) for access in (Access.READ, Access.WRITE)]
        for _ in range(2):
            seal(store, build.sealed(RUN, assets=[(span_id, use) for use in (*uses, *uses)]))
        seal(store, build.sealed(OTHER, assets=[(span_id, use) for use in uses]))
        assert store.run(OTHER.trace_id) == build.summary(OTHER)

    def test_a_store_that_can_be_used_passes_its_check(self, store: Store) -> None:
        store.check()


def seal(store: Store, sealed: Sealed) -> None:
    """One sealing that writes."""
    with store.sealing(sealed.summary.trace_id) as sealing:
        sealing.write(sealed)


def tasks(store: Store, run: RunRef) -> list[str]:
    """The tasks that the store shows of a run."""
    spans = store.spans(run.trace_id)
    assert spans is not None
    return [span["task"] for span in json.loads(spans)]
