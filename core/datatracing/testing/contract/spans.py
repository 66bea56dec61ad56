"""One run by its id: the summary, the spans, and the foreign ids under which it is found."""

import pytest

from datatracing.model.completeness import Completeness, CompletenessStatus
from datatracing.model.event import Times
from datatracing.model.fate import Books, Fate
from datatracing.model.run import RunRef
from datatracing.model.states import State
from datatracing.model.verdict import Verdict
from datatracing.store.port import Can, Store
from datatracing.store.summary import RunSummary
from datatracing.testing import build
from datatracing.testing.contract.needs import needs
from datatracing.testing.contract.sealing import seal, tasks

RUN, OTHER = build.run("r1"), build.run("r2")
EVERYTHING = RunSummary(
    run=RunRef("prefect", "prod", 'żółw "🐢"/[*]', "nul\x00 \ud800"),
    state=State.UPSTREAM_FAILED,
    raw_state="NotReady\x00",
    times=Times(1, 2, 3, 2**62),
    revision=4,
    verdict=Verdict(keep=False, rule="probability", reason="1 in 10", rate=0.1),
    fate=Fate.SAMPLED_OUT,
    fate_reason="1 in 10",
    completeness=Completeness(CompletenessStatus.PARTIAL, 3, 1, ("a[3] #2", "b\x00\ud800"), ("c[key]",)),
    books=Books(emitted=21, stored=1, duplicate=2, sampled_out=3, rejected=4, lost=11),
    counts={"success": 1, "upstream_failed": 2},
    sealed_at=2**62,
    inbox_rows=9,
    fingerprint="0" * 32,
)


class SpansContract:
    """run, spans."""

    @pytest.mark.parametrize("summary", [EVERYTHING, build.summary(RUN)], ids=["everything", "usual"])
    def test_what_was_written_is_read(self, store: Store, summary: RunSummary) -> None:
        seal(store, build.sealed(summary))
        assert store.run(summary.trace_id) == summary

    def test_an_unknown_run_is_none(self, store: Store) -> None:
        assert store.run(RUN.trace_id) is None
        assert store.spans(RUN.trace_id) is None
        assert store.links(RUN.trace_id) == []

    @needs(Can.DETAIL)
    def test_law_5_the_skeleton_is_there_where_the_detail_is_not(self, store: Store) -> None:
        seal(store, build.sealed(RUN, detail=None))
        assert tasks(store, RUN) == ["skeleton"]

    @needs(Can.ALIASES)
    def test_an_alias_finds_its_run_and_a_trace_id_goes_first(self, store: Store) -> None:
        seal(store, build.sealed(RUN, aliases=("ab" * 16, OTHER.trace_id)))
        assert store.run("ab" * 16) == build.summary(RUN)
        assert store.run(OTHER.trace_id) == build.summary(RUN)
        seal(store, build.sealed(OTHER))
        assert store.run(OTHER.trace_id) == build.summary(OTHER)

    @needs(Can.ALIASES)
    @pytest.mark.parametrize("turn", [1, -1])
    def test_law_3_an_alias_of_many_runs_finds_the_first_to_start(self, store: Store, turn: int) -> None:
        for number in range(3)[::turn]:
            at = build.NOON + number
            seal(store, build.sealed(build.started(build.run(f"r{number}"), at), aliases=("ab" * 16,)))
        found = store.run("ab" * 16)
        assert found is not None
        assert found.run.run_id == "r0"

    @needs(Can.ALIASES)
    def test_an_alias_that_is_no_trace_id_is_left_out(self, store: Store) -> None:
        seal(store, build.sealed(RUN, aliases=("0" * 32, "nonsense", "ab" * 16)))
        assert store.run("ab" * 16) == build.summary(RUN)
