"""Events, manifests and errors without their secrets; the host's masker; masks that can be joined."""

import copy
import os
import pickle
import threading

import pytest

from datatracing.errors import BadInputError
from datatracing.model import codec
from datatracing.model.event import ErrorInfo, Event, EventKind, Times
from datatracing.model.link import Access, AssetUse, Dependency, Direction, Link, LinkKind
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing.redact import Redactor

RUN = RunRef("airflow", "default", "shop ann@mail.example", "manual__token=Q7secret")
OTHER = RunRef("airflow", "default", "orders", "r1")
SPAN = SpanKey("load password=Q7id", 3, 2)
LINK = Link(LinkKind.TRIGGERED, Direction.UP, OTHER, "conf token=Q7secret")
ASSET = AssetUse("postgres://shop:Q7secret@db/orders", Access.WRITE)
EVENT = Event(
    EventKind.ENDED,
    RUN,
    producer="producer",
    seq=7,
    at=1_700_000_000_000_000,
    span=SPAN,
    state=State.FAILED,
    raw_state="failed",
    times=Times(started_at=1, ended_at=2),
    upstream=("extract",),
    attributes={"password": "Q7secret", "note": "token=Q7secret", "ann@mail.example": 1, "rows": 3},
    error=ErrorInfo("ValueError", "bad token=Q7secret", "Traceback:\n  connect(password='Q7secret')\n"),
    links=(LINK,),
    assets=(ASSET,),
)
MANIFEST = Manifest(
    RUN,
    State.FAILED,
    "failed",
    5,
    attempts=(
        Attempt(SPAN, State.FAILED, "failed", attributes={"db_password": "Q7secret"}, assets=(ASSET,)),
        Attempt(SpanKey("extract", -1, 1), State.SUCCESS, "success"),
    ),
    dependencies=(Dependency("extract", SPAN.task),),
    links=(LINK,),
    attributes={"conf": {"api_key": "Q7secret", "day": "2024-01-01"}},
    aliases=("0" * 31 + "1",),
)


def test_law_7_an_event_leaves_without_its_secrets_and_with_its_ids():
    shown = Redactor().event(EVENT)
    assert shown.attributes == {"password": "***", "note": "token=***", "***": 1, "rows": 3}
    assert shown.error == ErrorInfo("ValueError", "bad token=***", "Traceback:\n  connect(password='***')\n")
    assert shown.links[0].evidence == "conf token=***"
    assert shown.assets == (AssetUse("postgres://shop:***@db/orders", Access.WRITE),)
    for name in ("kind", "producer", "seq", "at", "state", "raw_state", "times", "upstream"):
        assert getattr(shown, name) == getattr(EVENT, name)
    assert shown.trace_id == EVENT.trace_id
    assert shown.span.span_id(shown.trace_id) == SPAN.span_id(EVENT.trace_id)
    assert shown.links[0].run == OTHER


def test_law_7_what_is_written_of_an_event_holds_no_secret():
    written = codec.dumps(Redactor().event(EVENT))
    assert b"Q7" not in written
    assert codec.loads(Event, written) == Redactor().event(EVENT)


def test_law_7_a_manifest_leaves_without_its_secrets_and_with_its_ids():
    shown = Redactor().manifest(MANIFEST)
    assert shown.attributes == {"conf": {"api_key": "***", "day": "2024-01-01"}}
    assert shown.attempts[0].attributes == {"db_password": "***"}
    assert shown.attempts[0].assets[0].uri == "postgres://shop:***@db/orders"
    assert shown.attempts[0].key.span_id("a" * 32) == SPAN.span_id("a" * 32)
    assert shown.attempts[1] is MANIFEST.attempts[1]
    assert shown.links[0].evidence == "conf token=***"
    assert shown.dependencies == (Dependency("extract", shown.attempts[0].key.task),)
    assert (shown.trace_id, shown.aliases) == (MANIFEST.trace_id, MANIFEST.aliases)
    assert b"Q7" not in codec.dumps(shown)


def test_redacting_what_was_redacted_changes_and_counts_nothing():
    redactor = Redactor()
    event, manifest = redactor.event(EVENT), redactor.manifest(MANIFEST)
    redactor.counts.clear()
    assert redactor.event(event) == event
    assert redactor.manifest(manifest) == manifest
    assert not redactor.counts


def test_a_healthy_event_leaves_as_it_is():
    healthy = Event(
        EventKind.STARTED,
        OTHER,
        producer="p",
        seq=0,
        at=1,
        attributes={"pool": "default_pool", "rows": 3, "tags": ["a"]},
    )
    redactor = Redactor()
    assert redactor.event(healthy) == healthy
    assert not redactor.counts


def test_counts_say_which_rule_masked_how_often():
    redactor = Redactor()
    redactor.event(EVENT)
    assert redactor.counts == {"name": 1, "pair": 6, "email": 2, "url": 1}


def test_the_same_secret_gets_the_same_token_wherever_it_stands():
    redactor = Redactor(tokenise_key=b"settings")
    token = redactor.attributes({"password": "Q7secret"})["password"]
    assert token.startswith("tok_")
    assert len(token) == 20
    assert redactor.text("password=Q7secret") == f"password={token}"
    assert redactor.text('{"token": "Q7secret"}') == f'{{"token": "{token}"}}'
    assert redactor.text("pg://shop:Q7secret@db.example.com/x") == f"pg://shop:{token}@db.example.com/x"
    assert redactor.text("Authorization: Bearer Q7secret") == f"Authorization: Bearer {token}"


def test_tokens_differ_by_secret_and_by_key_and_stand_for_whole_structures():
    one, other = Redactor(tokenise_key=b"one"), Redactor(tokenise_key=b"other")
    texts = [redactor.text(f"token={secret}") for redactor in (one, other) for secret in ("a", "b")]
    assert len(set(texts)) == 4
    trees = [{"a": 1, "b": [2]}, {"b": [2], "a": 1}, {"a": 1, "b": [3]}]
    tokens = [one.attributes({"credentials": tree})["credentials"] for tree in trees]
    assert tokens[0] == tokens[1] != tokens[2]


def test_the_key_is_never_shown():
    redactor = Redactor(tokenise_key=b"Q7 key of the settings")
    assert "Q7" not in repr(redactor) + str(vars(redactor)) + str(vars(redactor._masks).keys())


def test_an_empty_key_is_no_key():
    assert Redactor(tokenise_key=b"").text("token=a") == "token=***"


def test_the_hosts_own_masker_is_honoured_in_names_values_and_errors():
    redactor = Redactor(extra=lambda text: text.replace("swordfish", "***"))
    assert redactor.attributes({"swordfish": ["a swordfish"]}) == {"***": ["a ***"]}
    assert redactor.record(ErrorInfo("E", "swordfish", "in swordfish")) == ErrorInfo("E", "***", "in ***")
    assert redactor.counts == {"extra": 4}


def failing(_text):
    raise RuntimeError("the masker is not ready")


@pytest.mark.parametrize("extra", [failing, lambda _text: None, lambda text: text.encode()])
def test_law_7_a_host_masker_that_fails_masks_everything_and_is_counted(extra):
    redactor = Redactor(extra=extra)
    assert redactor.attributes({"name": "value", "number": 1}) == {"***": "***", "*** (2)": 1}
    assert redactor.text("some text") == "***"
    assert redactor.counts == {"extra_failed": 4}


def test_control_flow_of_the_host_passes_through():
    def interrupted(_text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Redactor(extra=interrupted).text("some text")


def test_a_pattern_that_is_none_is_refused_where_it_is_given():
    with pytest.raises(BadInputError, match="is not a regular expression"):
        Redactor(patterns=["(unclosed"])


def test_one_redactor_serves_many_threads():
    redactor, wrong = Redactor(tokenise_key=b"k"), []
    expected = redactor.event(EVENT)

    def work():
        wrong.extend(each for each in (redactor.event(EVENT) for _ in range(50)) if each != expected)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_redactor_works_on_after_a_fork():
    redactor, (reading, writing) = Redactor(), os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, redactor.text("token=abc").encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read() == "token=***"


def test_the_events_themselves_are_not_changed():
    before = copy.deepcopy(EVENT), pickle.dumps(codec.dumps(MANIFEST))
    Redactor().event(EVENT)
    Redactor().manifest(MANIFEST)
    assert (EVENT, pickle.dumps(codec.dumps(MANIFEST))) == before
