"""Links: each end says what it knows, and a reader sees each edge once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from datatracing.model.link import Confidence, Link, LinkKind
from datatracing.model.run import RunRef
from datatracing.store.port import Can, Store
from datatracing.store.search import RunFilter
from datatracing.testing import build
from datatracing.testing.contract.needs import needs
from datatracing.testing.contract.sealing import seal

CAUSE, EFFECT = build.run("cause"), build.run("effect")
SURE = build.caused_by(CAUSE, evidence="its conf says so", confidence=Confidence.EXACT)
GUESS = build.caused(EFFECT, evidence="the same asset", confidence=Confidence.INFERRED)


class LinksContract:
    """links."""

    @needs(Can.FAR_ENDS)
    @pytest.mark.parametrize("kind", list(LinkKind))
    def test_both_ends_see_an_edge_that_one_of_them_told(self, store: Store, kind: LinkKind) -> None:
        say(store, EFFECT, build.caused_by(CAUSE, kind, confidence=Confidence.INFERRED))
        assert store.links(EFFECT.trace_id) == [build.caused_by(CAUSE, kind, confidence=Confidence.INFERRED)]
        seen = build.caused(EFFECT, kind, evidence="the run id says so", confidence=Confidence.INFERRED)
        assert store.links(CAUSE.trace_id) == [seen]

    def test_a_run_that_a_link_only_names_is_nobodys_answer(self, store: Store) -> None:
        say(store, EFFECT, SURE)
        assert store.run(CAUSE.trace_id) is None
        assert store.spans(CAUSE.trace_id) is None
        assert [run.run for run in store.runs(RunFilter(), 10).runs] == [EFFECT]
        with store.sealing(CAUSE.trace_id) as sealing:
            assert sealing.summary() is None

    def test_the_named_run_is_filled_in_when_its_own_data_comes(self, store: Store) -> None:
        say(store, EFFECT, SURE)
        say(store, CAUSE)
        assert store.run(CAUSE.trace_id) == build.summary(CAUSE)
        assert len(store.runs(RunFilter(), 10).runs) == 2
        assert len(store.links(CAUSE.trace_id)) == 1

    def test_a_named_run_can_be_opened_first(self, store: Store) -> None:
        say(store, EFFECT, SURE)
        with store.sealing(CAUSE.trace_id) as sealing:
            sealing.open(build.open_summary(CAUSE))
        assert store.run(CAUSE.trace_id) == build.open_summary(CAUSE)

    def test_the_runs_own_name_is_better_than_what_others_call_it(self, store: Store) -> None:
        """Elsewhere than in Airflow the run id alone makes the trace id, so a link may not know the pipeline."""
        key = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
        unsure, own = (RunRef("dagster", "default", name, key) for name in ("", "nightly"))
        say(store, EFFECT, build.caused_by(unsure))
        assert [link.run for link in store.links(EFFECT.trace_id)] == [unsure]
        say(store, own)
        say(store, EFFECT, build.caused_by(unsure))
        assert [link.run for link in store.links(EFFECT.trace_id)] == [own]
        assert store.run(own.trace_id) == build.summary(own)

    @needs(Can.FAR_ENDS)
    @pytest.mark.parametrize("turn", [1, -1])
    def test_law_3_exact_beats_inferred_whoever_is_sealed_first(self, store: Store, turn: int) -> None:
        for run, link in ((EFFECT, SURE), (CAUSE, GUESS))[::turn]:
            say(store, run, link)
        assert store.links(EFFECT.trace_id) == [SURE]
        assert store.links(CAUSE.trace_id) == [build.caused(EFFECT, evidence="its conf says so")]

    def test_an_edge_that_is_no_longer_told_is_gone(self, store: Store) -> None:
        say(store, EFFECT, SURE)
        say(store, EFFECT)
        assert store.links(EFFECT.trace_id) == store.links(CAUSE.trace_id) == []

    @needs(Can.FAR_ENDS)
    def test_an_edge_stays_as_long_as_the_other_end_tells_it(self, store: Store) -> None:
        say(store, EFFECT, SURE)
        say(store, CAUSE, GUESS)
        say(store, EFFECT)
        assert store.links(CAUSE.trace_id) == [GUESS]
        say(store, CAUSE)
        assert store.links(CAUSE.trace_id) == store.links(EFFECT.trace_id) == []

    def test_saying_it_again_changes_nothing(self, store: Store) -> None:
        for _ in range(3):
            say(store, EFFECT, SURE)
            say(store, CAUSE, GUESS)
        assert store.links(EFFECT.trace_id) == [SURE]

    def test_evidence_and_confidence_follow_the_last_seal(self, store: Store) -> None:
        say(store, EFFECT, SURE)
        weaker = build.caused_by(CAUSE, evidence="by time", confidence=Confidence.INFERRED)
        say(store, EFFECT, weaker)
        assert store.links(EFFECT.trace_id) == [weaker]

    def test_an_edge_told_twice_in_one_seal_is_one(self, store: Store) -> None:
        say(store, EFFECT, build.caused_by(CAUSE, confidence=Confidence.INFERRED), SURE)
        assert store.links(EFFECT.trace_id) == [SURE]

    def test_two_kinds_and_two_directions_are_different_edges(self, store: Store) -> None:
        said = [
            build.caused_by(CAUSE, LinkKind.ASSET),
            build.caused_by(CAUSE, LinkKind.TRIGGERED),
            build.caused(CAUSE, LinkKind.TRIGGERED),
        ]
        say(store, EFFECT, *said)
        assert set(store.links(EFFECT.trace_id)) == set(said)
        assert len(store.links(CAUSE.trace_id)) == 3

    def test_another_runs_seal_does_not_touch_my_links(self, store: Store) -> None:
        third = build.run("third")
        say(store, EFFECT, SURE)
        say(store, third, build.caused_by(CAUSE), build.caused_by(EFFECT))
        say(store, third)
        assert store.links(EFFECT.trace_id) == [SURE]

    def test_a_run_may_have_thousands_of_links(self, store: Store) -> None:
        children = [build.run(f"c{number}", f"p{number % 7}") for number in range(2_500)]
        for _ in range(2):
            say(store, CAUSE, *(build.caused(child) for child in children))
        assert {link.run for link in store.links(CAUSE.trace_id)} == set(children)

    def test_runs_that_name_each_other_can_be_sealed_at_once(self, store: Store) -> None:
        runs = [build.run(f"r{number}", f"p{number}") for number in range(10)]

        def tell_of_all(run: RunRef) -> None:
            for _ in range(3):
                say(store, run, *(build.caused(other) for other in runs if other != run))

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(tell_of_all, runs))
        for run in runs:
            assert len(store.links(run.trace_id)) == 2 * (len(runs) - 1)
            assert store.run(run.trace_id) == build.summary(run)

    @pytest.mark.parametrize("known", [True, False], ids=["known pipelines", "new pipelines"])
    def test_runs_may_name_the_same_others_in_any_order_at_once(self, store: Store, *, known: bool) -> None:
        """What both have to make first, both make in the same order: neither waits for what the other holds."""
        together = Barrier(2, timeout=20)
        others = [
            [build.run(f"{turn}.{number}", f"p{0 if known else turn}.{number}") for number in range(200)]
            for turn in range(5)
        ]
        if known:
            say(store, CAUSE, *(build.caused(build.run("first", other.pipeline)) for other in others[0]))

        def tell(way: int) -> None:
            for turn, named in enumerate(others):
                together.wait()
                say(store, build.run(f"{turn} {way}"), *(build.caused(other) for other in named[::way]))

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(tell, (1, -1)))
        assert len(store.links(others[3][7].trace_id)) == 2


def say(store: Store, run: RunRef, *links: Link) -> None:
    """Seal the run with exactly these links."""
    seal(store, build.sealed(run, spans=(), links=links))
