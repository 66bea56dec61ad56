"""The wire format is strict and loses nothing."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatracing.errors import BadInputError
from datatracing.model import codec
from datatracing.model.event import ErrorInfo, Event, EventKind, Times
from datatracing.model.link import Access, AssetUse, Confidence, Dependency, Direction, Link, LinkKind
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State

RUN = RunRef("airflow", "default", "etl", "r1")
EVENT = Event(
    EventKind.ENDED,
    RUN,
    producer="p",
    seq=3,
    at=99,
    span=SpanKey("load", 2, 1),
    state=State.FAILED,
    raw_state="failed",
    times=Times(started_at=5, ended_at=9),
    upstream=("extract",),
    attributes={"pool": "default", "nested": {"a": [1, None, 2.5, True]}},
    error=ErrorInfo("ValueError", "bad row"),
    links=(Link(LinkKind.TRIGGERED, Direction.DOWN, RUN, "TriggerDagRunOperator"),),
    assets=(AssetUse("s3://bucket/key", Access.WRITE),),
)
MANIFEST = Manifest(
    RUN,
    State.FAILED,
    "failed",
    100,
    attempts=(Attempt(SpanKey("load"), State.FAILED, "failed"),),
    dependencies=(Dependency("extract", "load", same_index=True),),
)


@pytest.mark.parametrize("value", [EVENT, MANIFEST])
def test_what_is_written_is_read_back(value):
    assert codec.loads(type(value), codec.dumps(value)) == value


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_where_an_event_should_be_is_refused_and_never_crashes(plain):
    with pytest.raises(BadInputError):
        codec.from_plain(Event, plain)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": 7}, "event.kind must be one of started"),
        ({"seq": "3"}, "event.seq must be an integer"),
        ({"seq": True}, "event.seq must be an integer"),
        ({"at": 2**63}, "event.at must be an integer of at most 64 bits"),
        ({"run": {"orchestrator": "airflow"}}, "event.run.namespace is missing"),
        ({"times": {"started_at": "noon"}}, "event.times.started_at must be an integer"),
        ({"links": {}}, "event.links must be a list"),
        ({"attributes": []}, "event.attributes must be an object"),
        ({"upstream": ["a", 1]}, r"event.upstream\[1\] must be text"),
    ],
)
def test_the_error_names_the_field(change, message):
    plain = {**codec.to_plain(EVENT), **change}
    with pytest.raises(BadInputError, match=message):
        codec.loads(Event, json.dumps(plain))


def test_text_that_is_not_json_is_refused():
    with pytest.raises(BadInputError, match="event is not JSON"):
        codec.loads(Event, b"{torn")


def test_hostile_nesting_is_refused():
    with pytest.raises(BadInputError):
        codec.loads(Event, b"[" * 200_000)


def test_what_no_json_has_a_word_for_is_nothing():
    plain = json.dumps({**codec.to_plain(EVENT), "attributes": {"rate": float("nan")}})
    assert codec.loads(Event, plain).attributes == {"rate": None}


NEWER = [
    ({"tenant": "t"}, {}, ["event.tenant"]),
    ({"run": {**codec.to_plain(RUN), "region": "eu"}}, {}, ["event.run.region"]),
    ({"kind": "paused"}, {"kind": EventKind.NOTED}, ["event.kind"]),
    ({"state": "hibernating"}, {"state": None}, ["event.state"]),
    (
        {"links": [{**codec.to_plain(EVENT.links[0]), "kind": "haunted_by", "weight": 3}]},
        {"links": ()},
        ["event.links[]", "event.links[].weight"],
    ),
    (
        {"links": [{**codec.to_plain(EVENT.links[0]), "confidence": "vague"}]},
        {"links": (replace(EVENT.links[0], confidence=Confidence.INFERRED),)},
        ["event.links[].confidence"],
    ),
    ({"assets": [{"uri": "s3://x", "access": "smell"}]}, {"assets": ()}, ["event.assets[]"]),
]


@pytest.mark.parametrize(("change", "read", "names"), NEWER, ids=range(len(NEWER)))
def test_law_3_what_a_newer_worker_says_is_set_aside_and_named_and_the_rest_stands(change, read, names):
    aside = codec.Aside()
    found = codec.loads(Event, json.dumps({**codec.to_plain(EVENT), **change}), aside)
    assert found == replace(EVENT, **read)
    assert list(aside.names) == names


def test_law_3_a_record_with_a_state_that_is_not_known_here_claims_no_success():
    plain = codec.to_plain(MANIFEST)
    plain["attempts"][0]["state"] = "levitating"
    aside = codec.Aside()
    found = codec.from_plain(Manifest, plain, aside)
    assert (found.attempts[0].state, found.attempts[0].raw_state) == (State.LOST, "failed")
    assert aside.names == ("manifest.attempts[].state",)


def test_names_that_are_set_aside_are_few_and_plain():
    aside = codec.Aside()
    codec.from_plain(Event, {**codec.to_plain(EVENT), **{f"f{n}": n for n in range(1_000)}, "<b>&password=x": 1}, aside)
    assert len(aside.names) <= codec.NAMES + 1
    assert "..." in aside.names
    assert not any("<" in name or "=" in name for name in aside.names)
