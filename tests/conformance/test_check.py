"""A check that cannot fail proves nothing: here is a trace that is true, and one lie of every kind."""

import copy
from datetime import datetime, timedelta, timezone

import pytest

from tests.conformance import check
from tests.conformance.account import Account, Attempt, Edge, LinkEnd, Times
from tests.conformance.shapes import SHAPES, Shape, departures

SECOND = 1_000_000


def at(second):
    return second * SECOND


def text(micros):
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=micros)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def attempt(task, number, state, start, *, map_index=-1, raw_state=None):
    times = Times(at(start), at(start + 1), at(start + 2), at(start + 3)) if number else Times()
    return Attempt(task, map_index, number, state, raw_state or state, times)


ACCOUNT = Account(
    orchestrator="airflow",
    pipeline="shop",
    run_id="monday",
    state="failed",
    raw_state="failed",
    times=Times(None, at(1), at(2), at(60)),
    attempts=(
        attempt("extract", 1, "retried", 10, raw_state="failed"),
        attempt("extract", 2, "success", 15),
        attempt("item", 1, "success", 20, map_index=0),
        attempt("item", 1, "success", 20, map_index=1),
        attempt("pair", 1, "success", 30, map_index=0),
        attempt("pair", 1, "failed", 30, map_index=1),
        attempt("collect", 0, "upstream_failed", 0),
    ),
    edges=frozenset({Edge("extract", "item"), Edge("item", "pair", same_index=True), Edge("pair", "collect")}),
    links=frozenset({LinkEnd("triggered", "up", "airflow:sunday/1")}),
)
DEPENDS_ON = {
    "item[0]": ["extract #2"],
    "item[1]": ["extract #2"],
    "pair[0]": ["item[0]"],
    "pair[1]": ["item[1]"],
    "collect": ["pair[0]", "pair[1]"],
}


def span(one):
    times = {field: None if (when := getattr(one.times, field)) is None else text(when) for field in check.ORDER}
    return {
        "span_id": one.name,
        "level": "task",
        "task": one.task,
        "map_index": one.map_index,
        "map_key": one.map_key or None,
        "attempt": one.attempt,
        "state": one.state,
        "raw_state": one.raw_state,
        **times,
        "depends_on": DEPENDS_ON.get(one.name, []),
        "parent": "root",
    }


def root():
    times = {"scheduled_at": None, "queued_at": text(at(1)), "started_at": text(at(2)), "ended_at": text(at(60))}
    ids = {
        "span_id": "root",
        "level": "run",
        "task": None,
        "map_index": -1,
        "map_key": None,
        "attempt": 0,
        "parent": None,
    }
    return {**ids, **times, "state": "failed", "raw_state": "failed", "depends_on": []}


@pytest.fixture
def document():
    run = {"trace_id": "a", "orchestrator": "airflow", "pipeline": "shop", "run_id": "monday", "state": "failed"}
    run["completeness"] = {"status": "complete", "expected": 7, "captured": 7, "missing": [], "unknown_edges": []}
    links = [{"kind": "triggered", "direction": "up", "trace_id": "b", "run": "airflow:sunday/1"}]
    return copy.deepcopy({"run": run, "spans": [root(), *map(span, ACCOUNT.attempts)], "links": links})


def by_name(document):
    return {span["span_id"]: span for span in document["spans"]}


def test_a_true_trace_has_no_untruths(document):
    assert check.untruths(document, ACCOUNT) == []


def test_the_worker_may_know_an_earlier_end_of_what_failed(document):
    by_name(document)["pair[1]"]["ended_at"] = text(at(33) - 1)
    assert check.untruths(document, ACCOUNT) == []


def test_a_time_before_the_start_may_be_unknown(document):
    by_name(document)["item[0]"]["queued_at"] = None
    assert check.untruths(document, ACCOUNT) == []


def drop_a_span(document):
    document["spans"].pop()


def add_a_span(document):
    document["spans"].append({**document["spans"][1], "span_id": "new", "attempt": 7})


def double_a_span(document):
    document["spans"].append({**document["spans"][1], "span_id": "new"})


def double_an_id(document):
    document["spans"].append({**document["spans"][1], "map_index": 7})


def add_a_root(document):
    document["spans"].append({**document["spans"][0], "span_id": "new"})


def lose_the_root(document):
    document["spans"].pop(0)


def put_the_root_last(document):
    document["spans"].append(document["spans"].pop(0))


def put(name, **fields):
    def lie(document):
        by_name(document)[name].update(fields)

    lie.__name__ = f"{name} {' '.join(fields)}"
    return lie


def tell_of_the_run(**fields):
    def lie(document):
        document["run"].update(fields)

    lie.__name__ = f"run {' '.join(fields)}"
    return lie


def call_it_partial(document):
    document["run"]["completeness"].update(status="partial", captured=6, missing=["collect"])


def count_wrong(document):
    document["run"]["completeness"].update(expected=8, captured=8)


def lose_a_link(document):
    document["links"].clear()


def add_a_link(document):
    document["links"].append({**document["links"][0], "run": "airflow:saturday/1"})


def turn_a_link(document):
    document["links"][0]["direction"] = "down"


def double_a_link(document):
    document["links"] *= 2


LIES = (
    drop_a_span,
    add_a_span,
    double_a_span,
    double_an_id,
    add_a_root,
    lose_the_root,
    put_the_root_last,
    put("extract", state="failed"),
    put("extract", raw_state="success"),
    put("collect", state="skipped"),
    put("root", state="success"),
    put("root", raw_state="running"),
    put("item[0]", parent=None),
    put("item[0]", parent="extract"),
    put("item[0]", started_at=None),
    put("item[0]", ended_at=None),
    put("item[0]", started_at=text(at(22) + 1)),
    put("item[0]", ended_at=text(at(23) - 1)),
    put("item[0]", scheduled_at=text(at(20) + 1)),
    put("item[0]", scheduled_at=text(at(40))),
    put("pair[1]", ended_at=text(at(33) + 1)),
    put("pair[1]", ended_at=text(at(31))),
    put("pair[1]", ended_at=None),
    put("collect", started_at=text(at(35))),
    put("root", started_at=text(at(13))),
    put("root", started_at=None),
    put("root", ended_at=text(at(1))),
    put("item[0]", depends_on=[]),
    put("item[0]", depends_on=["nobody"]),
    put("item[0]", depends_on=["extract"]),
    put("item[0]", depends_on=["extract", "extract #2"]),
    put("pair[0]", depends_on=["item[1]"]),
    put("pair[0]", depends_on=["item[0]", "item[1]"]),
    put("collect", depends_on=["pair[0]"]),
    put("extract", depends_on=["item[0]"]),
    put("extract", depends_on=["root"]),
    tell_of_the_run(state="success"),
    tell_of_the_run(pipeline="another"),
    tell_of_the_run(run_id="tuesday"),
    tell_of_the_run(orchestrator="dagster"),
    call_it_partial,
    count_wrong,
    lose_a_link,
    add_a_link,
    turn_a_link,
    double_a_link,
)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_a_lie_is_found(document, lie):
    lie(document)
    assert check.untruths(document, ACCOUNT)


def test_a_time_that_is_not_rfc_3339_is_an_error(document):
    by_name(document)["item[0]"]["started_at"] = "yesterday"
    with pytest.raises(ValueError):
        check.untruths(document, ACCOUNT)


def end(trace_id, direction, other):
    return {"run": {"trace_id": trace_id}, "links": [{"kind": "asset", "direction": direction, "trace_id": other}]}


def test_a_link_that_both_ends_tell_is_whole():
    assert check.one_sided([end("a", "down", "b"), end("b", "up", "a")]) == []


@pytest.mark.parametrize("other", [end("b", "down", "a"), {"run": {"trace_id": "b"}, "links": []}])
def test_a_link_that_the_ends_tell_differently_is_found(other):
    assert check.one_sided([end("a", "down", "b"), other])


BOOKS = {"emitted": 5, "stored": 4, "duplicate": 1, "sampled_out": 0, "rejected": 0, "lost": 0}


def test_books_that_balance_are_fine():
    assert check.unbalanced(BOOKS) == []


@pytest.mark.parametrize(
    "wrong", [{"emitted": 6}, {"stored": 3}, {"stored": 3, "lost": 1}, {"stored": 3, "rejected": 1}]
)
def test_books_that_do_not_balance_or_show_a_loss_are_found(wrong):
    assert check.unbalanced({**BOOKS, **wrong})


SHAPE = Shape(
    "monday",
    "what ACCOUNT is",
    "failed",
    {
        "extract": "retried",
        "extract #2": "success",
        "item[0]": "success",
        "item[1]": "success",
        "pair[0]": "success",
        "pair[1]": "failed",
        "collect": "upstream_failed",
    },
    links=(("triggered", "up", "sunday"),),
)
RUNS = {"sunday": "airflow:sunday/1"}


def test_a_run_that_took_its_shape_departs_in_nothing():
    assert departures(SHAPE, ACCOUNT, RUNS) == []


@pytest.mark.parametrize(
    "other",
    [
        Shape("monday", "", "success", SHAPE.spans, SHAPE.links),
        Shape("monday", "", "failed", {**SHAPE.spans, "collect": "skipped"}, SHAPE.links),
        Shape("monday", "", "failed", {**SHAPE.spans, "more": "success"}, SHAPE.links),
        Shape("monday", "", "failed", SHAPE.spans),
    ],
)
def test_a_run_that_took_another_shape_is_found(other):
    assert departures(other, ACCOUNT, RUNS)


def test_shapes_have_unique_names_and_link_to_shapes():
    names = {shape.name for shape in SHAPES}
    assert len(names) == len(SHAPES)
    assert {other for shape in SHAPES for _, _, other in shape.links} <= names
    assert {shape.started_by for shape in SHAPES} <= names | {""}
