"""Lists of runs: order, pages, filters."""

import re
from dataclasses import replace
from typing import Any

import pytest

from datatracing.access.visibility import EVERYTHING, NOTHING, installation
from datatracing.errors import BadInputError
from datatracing.model.event import Times
from datatracing.model.states import State
from datatracing.store.paging import place_of
from datatracing.store.port import Can, Store
from datatracing.store.search import RunFilter
from datatracing.store.summary import RunSummary
from datatracing.testing import build
from datatracing.testing.contract.needs import needs
from datatracing.testing.contract.sealing import seal
from datatracing.testing.contract.spans import EVERYTHING as FULL
from datatracing.testing.reader import reader

NAMES = ["etl", "ETL", "etl_daily", "etlXdaily", "100%", "1000", "a[b]c", "abc", "a*c", "a\\c", "żółw", "a!c", "it's"]
EVERY = RunFilter()


@needs(Can.SEARCH)
class RunsContract:
    """runs."""

    def test_an_empty_store_has_an_empty_page(self, store: Store) -> None:
        page = store.runs(EVERY, 10)
        assert page.runs == ()
        assert page.cursor is None

    @pytest.mark.parametrize("summary", [FULL, build.summary(build.run())], ids=["everything", "usual"])
    def test_a_run_is_listed_as_it_was_written(self, store: Store, summary: RunSummary) -> None:
        fill(store, summary)
        assert store.runs(EVERY, 10).runs == (summary,)

    def test_the_newest_start_comes_first_and_no_start_last(self, store: Store) -> None:
        for key, at in (("b", build.NOON), ("never", None), ("c", build.NOON + 1), ("a", 0), ("before", -5)):
            fill(store, build.summary(build.run(key), times=Times(started_at=at)))
        assert keys(store, EVERY) == ["c", "b", "a", "before", "never"]

    def test_a_run_that_never_started_stands_where_it_was_queued_or_due_or_over(self, store: Store) -> None:
        noon = build.NOON
        times = {
            "started": Times(noon + 9, noon + 9, noon + 5, noon + 9),
            "queued": Times(noon + 9, noon + 4, None, noon + 9),
            "due": Times(noon + 3, None, None, noon + 9),
            "over": Times(None, None, None, noon + 2),
            "made": Times(),
        }
        for key, known in times.items():
            fill(store, build.summary(build.run(key), times=known))
        assert keys(store, EVERY) == by_page(store, 1) == list(times)
        assert keys(store, RunFilter(since=noon + 3)) == ["started", "queued", "due"]

    def test_pages_follow_each_other_without_gap_or_repeat(self, store: Store) -> None:
        """Several runs start in the same microsecond, and several have not started."""
        for number in range(23):
            at = None if number % 4 == 0 else build.NOON + number // 5
            fill(store, build.summary(build.run(f"r{number}"), times=Times(started_at=at)))
        whole = keys(store, EVERY)
        assert len(set(whole)) == 23
        for limit in (1, 5, 22, 23, 24):
            assert by_page(store, limit) == whole

    def test_the_last_page_has_no_cursor(self, store: Store) -> None:
        for number in range(4):
            fill(store, build.started(build.run(f"r{number}"), number))
        first = store.runs(EVERY, 2)
        assert first.cursor is not None
        assert re.fullmatch(r"[A-Za-z0-9_.~-]+", first.cursor)
        assert store.runs(EVERY, 2, first.cursor).cursor is None

    def test_a_run_that_comes_while_paging_moves_nothing(self, store: Store) -> None:
        for number in range(4):
            fill(store, build.started(build.run(f"r{number}"), number))
        first = store.runs(EVERY, 2)
        fill(store, build.started(build.run("new"), 100))
        assert [run.run.run_id for run in store.runs(EVERY, 2, first.cursor).runs] == ["r1", "r0"]

    def test_a_cursor_that_is_not_ours_is_refused(self, store: Store) -> None:
        for number in range(3):
            fill(store, build.started(build.run(f"r{number}"), number))
        ours = store.runs(EVERY, 1).cursor
        assert ours is not None
        changed = ours[:5] + ("A" if ours[5] != "A" else "B") + ours[6:]
        for cursor in ("", "nonsense", "é", ours[:-1], ours + "A", ours + "=", changed, "A" * len(ours), "%00"):
            with pytest.raises(BadInputError, match="cursor"):
                store.runs(EVERY, 1, cursor)

    @pytest.mark.parametrize("limit", [0, -1])
    def test_a_page_holds_at_least_one_run(self, store: Store, limit: int) -> None:
        with pytest.raises(BadInputError, match="limit"):
            store.runs(EVERY, limit)

    def test_each_field_restricts(self, store: Store) -> None:
        mine = build.run("mine", "p", orchestrator="dagster", namespace="prod")
        times = Times(started_at=1_000, ended_at=2_000)
        fill(store, build.summary(mine, state=State.FAILED, times=times))
        ours = RunFilter("dagster", "prod", "p", "mine", State.FAILED, 1_000, 999)
        assert keys(store, ours) == ["mine"]
        assert keys(store, replace(ours, visibility=reader("p", orchestrator="dagster", namespace="prod"))) == ["mine"]
        others: list[dict[str, Any]] = [
            {"orchestrator": "airflow"},
            {"namespace": "default"},
            {"pipeline": "q"},
            {"run_id": "yours"},
            {"state": State.SUCCESS},
            {"state": State.CANCELLED},
            {"since": 1_001},
            {"slower_than": 1_000},
            {"visibility": reader("q", orchestrator="dagster", namespace="prod")},
            {"visibility": reader("p", orchestrator="airflow", namespace="prod")},
            {"visibility": installation("default")},
            {"visibility": NOTHING},
        ]
        for other in others:
            assert keys(store, replace(ours, **other)) == [], other

    @pytest.mark.parametrize("state", list(State))
    def test_every_state_can_be_asked_for(self, store: Store, state: State) -> None:
        for each in State:
            fill(store, build.summary(build.run(each.value), state=each))
        assert keys(store, RunFilter(state=state)) == [state.value]
        assert keys(store, RunFilter(state=state, pipeline="etl")) == [state.value]

    def test_runs_without_times_are_neither_recent_nor_slow(self, store: Store) -> None:
        fill(store, build.summary(build.run(), times=Times()))
        assert keys(store, RunFilter(since=0)) == keys(store, RunFilter(slower_than=0)) == []

    @pytest.mark.parametrize(
        ("glob", "names"),
        [
            ("etl", {"etl"}),
            ("etl*", {"etl", "etl_daily", "etlXdaily"}),
            ("etl_daily", {"etl_daily"}),
            ("etl_*", {"etl_daily"}),
            ("etl?daily", {"etl_daily", "etlXdaily"}),
            ("E*", {"ETL"}),
            ("100%", {"100%"}),
            ("100%*", {"100%"}),
            ("100?", {"100%", "1000"}),
            ("a[b]c", {"a[b]c"}),
            ("a[b]?", {"a[b]c"}),
            ("a?c", {"abc", "a*c", "a\\c", "a!c"}),
            ("a\\*", {"a\\c"}),
            ("a!*", {"a!c"}),
            ("?ółw", {"żółw"}),
            ("*'?", {"it's"}),
            ("*", set(NAMES)),
            ("?", set()),
            ("", set()),
            ("nothing*", set()),
        ],
    )
    def test_a_glob_is_a_glob_and_nothing_else(self, store: Store, glob: str, names: set[str]) -> None:
        for name in NAMES:
            fill(store, build.summary(build.run("r", name)))
        found = {run.run.pipeline for run in store.runs(RunFilter(pipeline=glob), 100).runs}
        assert found == names

    def test_law_8_a_reader_who_may_see_nothing_sees_nothing(self, store: Store) -> None:
        fill(store, build.summary(build.run()))
        assert keys(store, RunFilter(visibility=NOTHING)) == keys(store, RunFilter(visibility=reader())) == []
        assert keys(store, RunFilter(visibility=EVERYTHING)) == keys(store, EVERY) == ["r1"]

    def test_law_8_a_reader_of_one_installation_sees_all_of_it_and_no_more(self, store: Store) -> None:
        for namespace in ("default", "staging"):
            for orchestrator in ("airflow", "dagster"):
                run = build.run(f"{orchestrator}-{namespace}", orchestrator=orchestrator, namespace=namespace)
                fill(store, build.summary(run))
        found = keys(store, RunFilter(visibility=installation("staging")))
        assert sorted(found) == ["airflow-staging", "dagster-staging"]
        assert keys(store, RunFilter(visibility=installation("staging", "dagster"))) == ["dagster-staging"]
        assert keys(store, RunFilter("airflow", visibility=installation("staging", "dagster"))) == []
        assert keys(store, RunFilter(visibility=installation(""))) == []

    def test_law_8_a_cursor_says_nothing_of_how_many_others_there_are(self, store: Store) -> None:
        """Whatever is in between, the same runs have the same cursors."""
        mine = RunFilter(visibility=reader("mine"))
        fill(store, build.started(build.run("r1", "mine"), 1))
        fill(store, build.started(build.run("r2", "mine"), 2))
        before = store.runs(mine, 1).cursor
        for number in range(5):
            fill(store, build.started(build.run(f"h{number}", "hidden"), number))
        fill(store, build.started(build.run("r2", "mine"), 2))
        assert store.runs(mine, 1).cursor == before

    def test_law_8_a_cursor_at_a_hidden_run_is_one_at_a_run_that_does_not_exist(self, store: Store) -> None:
        mine = RunFilter(visibility=reader("mine"))
        for key, pipeline in (("r1", "mine"), ("h", "hidden"), ("r2", "mine")):
            fill(store, build.started(build.run(key, pipeline), 5))
        hidden, absent = (place_of(build.started(build.run(key, "hidden"), 5)) for key in ("h", "absent"))
        found = [[run.run.run_id for run in store.runs(mine, 9, at.cursor()).runs] for at in (hidden, absent)]
        assert found == [["r2", "r1"]] * 2

    @needs(Can.ALIASES)
    def test_law_8_a_trace_id_that_two_runs_share_leads_to_the_one_that_may_be_seen(self, store: Store) -> None:
        alias = "ab" * 16
        for key, pipeline, at in (("h", "hidden", 1), ("r", "mine", 2)):
            seal(store, build.sealed(build.started(build.run(key, pipeline), at), aliases=(alias,)))
        found = store.run(alias, reader("mine"))
        assert found is not None
        assert found.run.run_id == "r"
        assert store.run(build.run("h", "hidden").trace_id, reader("mine")) is None

    def test_law_8_pages_and_cursors_stay_within_what_may_be_seen(self, store: Store) -> None:
        for number in range(20):
            fill(store, build.started(build.run(f"r{number}", f"p{number % 4}"), number))
        mine = RunFilter(visibility=reader("p1", "p3"))
        assert by_page(store, 3, mine) == [f"r{number}" for number in range(19, 0, -2)]

    def test_many_pipelines_may_be_seen_at_once(self, store: Store) -> None:
        for number in range(3):
            fill(store, build.started(build.run("r", f"p{number}"), number))
        many = reader(*(f"p{number}" for number in range(1, 40_000)))
        seen = store.runs(RunFilter(visibility=many), 10).runs
        assert [run.run.pipeline for run in seen] == ["p2", "p1"]

    def test_a_changed_run_is_found_by_what_it_is_now(self, store: Store) -> None:
        fill(store, build.summary(build.run(), state=State.FAILED))
        fill(store, build.summary(build.run(), state=State.SUCCESS, revision=1))
        assert keys(store, RunFilter(state=State.FAILED)) == []
        assert keys(store, RunFilter(state=State.SUCCESS)) == ["r1"]


def fill(store: Store, summary: RunSummary) -> None:
    """Store a sealed run."""
    seal(store, build.sealed(summary, spans=()))


def keys(store: Store, where: RunFilter) -> list[str]:
    """The run keys of a whole list."""
    return [run.run.run_id for run in store.runs(where, 1_000).runs]


def by_page(store: Store, limit: int, where: RunFilter = EVERY) -> list[str]:
    """The same, gathered page by page."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = store.runs(where, limit, cursor)
        assert len(page.runs) <= limit
        found += [run.run.run_id for run in page.runs]
        if page.cursor is None:
            return found
        cursor = page.cursor
