"""Laws 3 and 4: the fold gives one result whatever the order, and believes the orchestrator's own record."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datatracing.model.completeness import CompletenessStatus
from datatracing.model.event import ErrorInfo, Event, EventKind, Times
from datatracing.model.fold import fold
from datatracing.model.link import Confidence, Dependency, Direction, Link, LinkKind
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing.model.trace import Source

RUN = RunRef("airflow", "default", "etl", "r1")
OTHER = RunRef("airflow", "default", "child", "r1")
NOON = 1_700_000_000_000_000

keys = st.builds(SpanKey, st.sampled_from(["a", "b", "c"]), st.integers(-1, 2), st.integers(0, 2))
moments = st.none() | st.integers(NOON, NOON + 50)
times = st.builds(Times, moments, moments, moments, moments)
links = st.lists(
    st.builds(
        Link,
        st.sampled_from(LinkKind),
        st.sampled_from(Direction),
        st.just(OTHER),
        st.text(max_size=3),
        st.sampled_from(Confidence),
    ),
    max_size=2,
).map(tuple)
events = st.lists(
    st.builds(
        Event,
        kind=st.sampled_from(EventKind),
        run=st.just(RUN),
        producer=st.sampled_from(["p", "q"]),
        seq=st.integers(0, 6),
        at=st.integers(NOON, NOON + 20),
        span=st.none() | keys,
        state=st.none() | st.sampled_from(State),
        reporter=st.sampled_from(["worker", "scheduler"]),
        times=times,
        attributes=st.dictionaries(st.sampled_from("xyz"), st.integers(0, 3), max_size=2),
        error=st.none() | st.builds(ErrorInfo, st.text(max_size=2), st.text(max_size=2)),
        links=links,
    ),
    max_size=14,
)
manifests = st.none() | st.builds(
    Manifest,
    run=st.just(RUN),
    state=st.sampled_from([State.SUCCESS, State.FAILED]),
    raw_state=st.just("done"),
    observed_at=st.integers(NOON, NOON + 30),
    times=times,
    attempts=st.lists(
        st.builds(Attempt, keys, st.sampled_from(State), st.just("raw"), times, st.booleans()),
        max_size=8,
        unique_by=lambda attempt: attempt.key,
    ).map(tuple),
    dependencies=st.lists(
        st.builds(Dependency, st.sampled_from("ab"), st.sampled_from("bc"), st.booleans()), max_size=3
    ).map(tuple),
    links=links,
)


def event(kind=EventKind.STARTED, span=None, seq=0, at=NOON, producer="p", **more):
    return Event(kind, RUN, producer=producer, seq=seq, at=at, span=span, **more)


def manifest(*attempts, state=State.SUCCESS, at=NOON + 100, **more):
    return Manifest(RUN, state, state.value, at, attempts=attempts, **more)


@given(events, manifests, st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_law_3_order_and_repeats_change_nothing(said, record, shuffler):
    if not said and record is None:
        return
    again = said + shuffler.sample(said, len(said) // 2)
    shuffler.shuffle(again)
    assert fold(again, record) == fold(said, record)


@given(events, manifests)
@settings(max_examples=300)
def test_what_is_folded_is_always_a_sound_trace(said, record):
    if not said and record is None:
        return
    trace = fold(said, record)
    ids = [span.span_id for span in trace.spans]
    assert len(ids) == len(set(ids))
    assert all(parent in ids for span in trace.spans for parent in (*span.depends_on, span.parent) if parent)
    for span in trace.spans:
        stamps = [
            at
            for at in (span.times.scheduled_at, span.times.queued_at, span.times.started_at, span.times.ended_at)
            if at
        ]
        assert stamps == sorted(stamps)
        assert span.times.ended_at is None or span.state.terminal


@given(events, manifests)
def test_law_4_every_recorded_attempt_is_a_span(said, record):
    if record is None:
        return
    trace = fold(said, record)
    spans = {(span.task, span.map_index, span.attempt): span for span in trace.spans[1:]}
    for attempt in record.attempts:
        span = spans[attempt.key.task, attempt.key.map_index, attempt.key.attempt]
        assert span.source in {Source.METADATA, Source.BOTH}
        if attempt.state.terminal and attempt.state is not State.LOST:
            assert (span.state, span.raw_state) == (attempt.state, attempt.raw_state)


def test_law_4_what_no_hook_saw_becomes_a_span_from_metadata():
    trace = fold([], manifest(Attempt(SpanKey("never"), State.UPSTREAM_FAILED, "upstream_failed", reports=False)))
    assert [(span.task, span.state, span.source) for span in trace.spans[1:]] == [
        ("never", State.UPSTREAM_FAILED, Source.METADATA)
    ]
    assert trace.completeness.status is CompletenessStatus.COMPLETE


def test_a_process_that_never_reported_is_named_as_missing():
    trace = fold([], manifest(Attempt(SpanKey("silent", 3, 2), State.SUCCESS, "success")))
    assert trace.completeness.status is CompletenessStatus.PARTIAL
    assert trace.completeness.missing == ("silent[3] #2",)
    assert (trace.completeness.expected, trace.completeness.captured) == (1, 0)


def test_without_a_record_nothing_says_what_there_should_be():
    assert fold([event()]).completeness.status is CompletenessStatus.UNKNOWN


def test_a_start_that_comes_late_does_not_undo_the_end():
    key = SpanKey("t", attempt=1)
    ended = event(EventKind.ENDED, key, 0, NOON, state=State.SUCCESS)
    started = event(EventKind.STARTED, key, 1, NOON + 5, state=State.RUNNING)
    assert fold([ended, started]).spans[1].state is State.SUCCESS


def test_a_cleared_run_is_running_again_until_its_next_record():
    done = event(EventKind.ENDED, None, 0, NOON + 50, state=State.SUCCESS, reporter="scheduler")
    again = event(EventKind.STARTED, None, 1, NOON + 200, state=State.RUNNING, reporter="scheduler")
    assert fold([done, again], manifest(at=NOON + 100)).root.state is State.RUNNING
    assert fold([done, again], manifest(at=NOON + 300)).root.state is State.SUCCESS


def test_an_attempt_that_ended_without_a_word_and_is_not_on_record_is_lost():
    trace = fold([event(span=SpanKey("gone", attempt=1), state=State.RUNNING)], manifest())
    assert trace.spans[1].state is State.LOST


def test_law_4_who_saw_the_end_wins_over_a_record_that_has_none():
    key = SpanKey("t", attempt=1)
    saw = event(EventKind.ENDED, key, state=State.FAILED, times=Times(ended_at=NOON + 10), error=ErrorInfo("E", "e"))
    for recorded in (State.RUNNING, State.LOST):
        record = Attempt(key, recorded, "running", Times(started_at=NOON), error=ErrorInfo("Lost", "nobody knows"))
        span = fold([saw], manifest(record, state=State.FAILED)).spans[1]
        assert (span.state, span.times.ended_at, span.error) == (State.FAILED, NOON + 10, ErrorInfo("E", "e"))
    assert fold([], manifest(record, state=State.FAILED)).spans[1].state is State.LOST


def test_the_worker_knows_the_end_of_a_failure_better_than_the_record():
    key = SpanKey("t", attempt=1)
    failed = event(EventKind.ENDED, key, state=State.FAILED, times=Times(ended_at=NOON + 10))
    record = Attempt(key, State.FAILED, "failed", Times(started_at=NOON, ended_at=NOON + 60))
    assert fold([failed], manifest(record, state=State.FAILED)).spans[1].times.ended_at == NOON + 10


def test_a_worker_that_went_on_after_it_was_given_up_does_not_prolong_its_attempt():
    key = SpanKey("t", attempt=1)
    went_on = event(EventKind.ENDED, key, state=State.SUCCESS, times=Times(ended_at=NOON + 90))
    record = Attempt(key, State.FAILED, "failed", Times(started_at=NOON, ended_at=NOON + 60))
    assert fold([went_on], manifest(record, state=State.FAILED)).spans[1].times.ended_at == NOON + 60


def test_clocks_that_disagree_never_give_a_negative_duration():
    key = SpanKey("t", attempt=1)
    failed = event(EventKind.ENDED, key, state=State.FAILED, times=Times(ended_at=NOON - 3_600_000_000))
    record = Attempt(key, State.FAILED, "failed", Times(started_at=NOON, ended_at=NOON + 60))
    assert fold([failed], manifest(record, state=State.FAILED)).spans[1].times == Times(
        started_at=NOON, ended_at=NOON + 60
    )


def test_a_queue_time_of_a_later_reschedule_is_not_called_the_first():
    record = Attempt(SpanKey("s", attempt=1), State.SUCCESS, "success", Times(NOON + 20, NOON + 21, NOON, NOON + 30))
    assert fold([], manifest(record)).spans[1].times == Times(None, None, NOON, NOON + 30)


def _ids(trace):
    return {span.span_id: (span.task, span.map_index, span.attempt) for span in trace.spans}


def _waits(trace, task, map_index=-1, attempt=1):
    names = _ids(trace)
    span = next(s for s in trace.spans if (s.task, s.map_index, s.attempt) == (task, map_index, attempt))
    return [names[each] for each in span.depends_on]


def attempt(task, map_index=-1, number=1, start=0, end=1, state=State.SUCCESS):
    return Attempt(
        SpanKey(task, map_index, number),
        state,
        state.value,
        Times(NOON + start, NOON + start, NOON + start, NOON + end),
    )


def test_a_join_waits_for_every_mapped_instance():
    record = manifest(
        attempt("m", 0), attempt("m", 1), attempt("join", start=2, end=3), dependencies=(Dependency("m", "join"),)
    )
    assert _waits(fold([], record), "join") == [("m", 0, 1), ("m", 1, 1)]


def test_inside_a_mapped_group_an_instance_waits_for_its_own_index():
    record = manifest(
        *(attempt(task, index) for task in "ab" for index in range(3)),
        dependencies=(Dependency("a", "b", same_index=True),),
    )
    assert _waits(fold([], record), "b", 2) == [("a", 2, 1)]


def test_a_first_attempt_waited_for_the_first_attempt_upstream_also_after_a_clear():
    record = manifest(
        attempt("a", number=1, start=0, end=1),
        attempt("b", number=1, start=2, end=3),
        attempt("a", number=2, start=10, end=11),
        attempt("b", number=2, start=12, end=13),
        dependencies=(Dependency("a", "b"),),
    )
    trace = fold([], record)
    assert _waits(trace, "b", attempt=1) == [("a", -1, 1)]
    assert _waits(trace, "b", attempt=2) == [("a", -1, 2)]


def test_what_was_asked_for_between_two_attempts_upstream_waited_for_the_second():
    asked_for = replace(attempt("b", start=4, end=5), times=Times(NOON + 2, None, NOON + 4, NOON + 5))
    record = manifest(
        replace(attempt("a", number=1, start=0, end=1), state=State.RETRIED),
        attempt("a", number=2, start=3, end=4),
        asked_for,
        dependencies=(Dependency("a", "b"),),
    )
    assert _waits(fold([], record), "b") == [("a", -1, 2)]


def test_mapped_over_mapped_stays_linear():
    many = 1_100
    record = manifest(
        *(attempt(task, index, end=index + 1) for task in "ab" for index in range(many)),
        dependencies=(Dependency("a", "b"),),
    )
    assert _waits(fold([], record), "b", 5) == [("a", many - 1, 1)]


def test_before_the_record_comes_the_hooks_own_upstream_is_the_edge():
    first = event(span=SpanKey("a", attempt=1), seq=0, state=State.SUCCESS)
    second = event(span=SpanKey("b", attempt=1), seq=1, state=State.RUNNING, upstream=("a",))
    assert _waits(fold([first, second]), "b") == [("a", -1, 1)]


def test_the_same_link_from_hook_and_record_is_one_link():
    hook = Link(LinkKind.TRIGGERED, Direction.DOWN, OTHER, "seen by the hook", Confidence.INFERRED)
    record = Link(LinkKind.TRIGGERED, Direction.DOWN, OTHER, "on record")
    assert fold([event(links=(hook,))], manifest(links=(record,))).links == (record,)


def test_a_run_is_never_linked_to_itself():
    assert fold([event(links=(Link(LinkKind.RERUN_OF, Direction.UP, RUN, "clear"),))]).links == ()


def test_nothing_at_all_is_refused():
    with pytest.raises(ValueError, match="at least one event"):
        fold([])


def test_two_statements_under_one_number_are_settled_alike_in_any_order():
    one = event(span=SpanKey("t", attempt=1), state=State.SUCCESS)
    other = event(span=SpanKey("t", attempt=1), state=State.FAILED)
    both = [one, other]
    random.Random(1).shuffle(both)
    assert fold([one, other]) == fold([other, one]) == fold(both)


def test_a_process_that_stands_in_for_the_record_does_not_say_that_nothing_ran_elsewhere():
    elsewhere = event(span=SpanKey("a", attempt=1, map_key="x"), state=State.SUCCESS, producer="another")
    waiting = Attempt(SpanKey("a", attempt=0, map_key="x"), State.CANCELLED, "Scheduled", reports=False)
    trace = fold([elsewhere], manifest(waiting, recorded=False))
    assert [(span.attempt, span.state) for span in trace.tasks] == [(1, State.SUCCESS)]
    assert (trace.completeness.expected, trace.completeness.captured) == (1, 1)
    assert len(fold([elsewhere], manifest(waiting)).tasks) == 2


def test_a_process_that_has_not_seen_everything_does_not_call_the_trace_complete():
    one = event(span=SpanKey("a", attempt=1), state=State.SUCCESS)
    found = fold([one], manifest(recorded=False, whole=False)).completeness
    assert (found.status, found.expected, found.captured) == (CompletenessStatus.UNKNOWN, 1, 1)
