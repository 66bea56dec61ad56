"""Law 7 for whole records: no text field is forgotten, and no trace falls into pieces."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import pytest

import datatracing.model
from datatracing.capture.notice import Notice
from datatracing.model import codec
from datatracing.model.event import ErrorInfo, Event, EventKind
from datatracing.model.fate import LedgerEntry
from datatracing.model.fold import fold
from datatracing.model.ids import fingerprint
from datatracing.model.link import Dependency, Direction, Link, LinkKind
from datatracing.model.manifest import Attempt, Manifest
from datatracing.model.run import RunRef, SpanKey
from datatracing.model.states import State
from datatracing.redact import Redactor
from datatracing.redact.records import AS_THEY_ARE, NAMES

SECRET = "AbQ7secretQ7"
SPOOLED = (Event, Manifest, LedgerEntry, Notice)
"""What is written down. A frame of another kind belongs in here."""
DERIVED = {"Token", "Trace", "Span", "Completeness", "Verdict", "Statements", "RunName", "Books", "_Known"}
"""Made out of records that have been redacted, or by an operator; never written by a process of a user."""


def reached(cls, seen=None):
    """All dataclasses that an object of this one can hold, or is one of."""
    seen = {} if seen is None else seen
    if cls.__name__ not in seen:
        seen[cls.__name__] = cls
        for hint in (*get_type_hints(cls).values(), *cls.__bases__):
            for part in (hint, *get_args(hint)):
                if isinstance(part, type) and is_dataclass(part):
                    reached(part, seen)
    return seen


RECORDS = {name: cls for record in SPOOLED for name, cls in reached(record).items()}


def planted(cls, path=""):
    """An object of the class with the secret in every text that it can hold."""
    hints = get_type_hints(cls)
    return cls(**{each.name: _planted(hints[each.name], each.name) for each in fields(cls)})


def _planted(hint, name):
    origin, args = get_origin(hint), get_args(hint)
    if hint is str:
        return f"{name} password={SECRET}" if name not in AS_THEY_ARE else "x"
    if origin is tuple:
        return (_planted(args[0], name),)
    if origin is Mapping:
        return {f"password={SECRET}": f"password={SECRET}"}
    if args:
        return _planted(next(arg for arg in args if arg is not type(None)), name)
    if is_dataclass(hint):
        return planted(hint)
    return next(iter(hint)) if issubclass(hint, Enum) else hint()


@pytest.mark.parametrize("cls", RECORDS.values(), ids=RECORDS)
def test_law_7_no_text_field_of_a_record_is_forgotten(cls):
    """Every text field is masked, or listed in AS_THEY_ARE with its reason. A new field is masked by its type."""
    given = planted(cls)
    assert SECRET in repr(given) or not any(hint is str for hint in get_type_hints(cls).values())
    assert SECRET not in repr(Redactor().record(given))


def test_law_7_every_dataclass_of_the_model_is_walked_or_known_to_be_derived():
    modules = (f"datatracing.model.{found.name}" for found in pkgutil.iter_modules(datatracing.model.__path__))
    known = {
        name: made
        for module in map(importlib.import_module, modules)
        for name, made in vars(module).items()
        if is_dataclass(made) and made.__module__ == module.__name__
    }
    assert set(known) - DERIVED == set(RECORDS) - {"Notice"}


def test_what_stays_as_it_is_says_why_and_is_short():
    assert set(AS_THEY_ARE) == {"orchestrator", "namespace", "trace_id"}
    assert all(len(why) > 20 for why in AS_THEY_ARE.values())
    assert not NAMES & set(AS_THEY_ARE)


@dataclass(frozen=True)
class Newer:
    comment: str
    callback: object


def test_law_7_a_field_of_a_type_that_nobody_knows_is_refused_rather_than_written():
    with pytest.raises(TypeError, match="callback"):
        Redactor().record(Newer("x", object()))


RUN = RunRef("airflow", "default", "shop ann@mail.example", f"manual__token={SECRET}")
KEYS = SpanKey("load ann@mail.example", -1, 1, map_key=f"password={SECRET}"), SpanKey("extract", -1, 1)
EDGE = Dependency("extract", KEYS[0].task, downstream_key=KEYS[0].map_key)


def said(key, redactor=None, seq=0, kind=EventKind.STARTED, state=State.RUNNING, **more):
    event = Event(
        kind, RUN, producer="0123456789abcdef", seq=seq, at=5 + seq, span=key, state=state, dependencies=(EDGE,), **more
    )
    return redactor.event(event) if redactor else event


def recorded(redactor=None):
    made = Manifest(
        RUN,
        State.SUCCESS,
        "success",
        99,
        attempts=tuple(Attempt(key, State.SUCCESS, "success") for key in KEYS),
        dependencies=(Dependency("extract", KEYS[0].task),),
    )
    return redactor.manifest(made) if redactor else made


def ids_of(trace):
    return trace.run.trace_id, {(span.span_id, span.depends_on, span.parent) for span in trace.spans}


WITH_A_HOST = {"extra": lambda text: text.replace("load", "***").replace("extract", "***")}


@pytest.mark.parametrize(
    "worker",
    [{}, {"tokenise_key": b"k"}, {"patterns": ["extract"]}, WITH_A_HOST],
    ids=lambda rules: "".join(rules) or "ours",
)
@pytest.mark.parametrize("scheduler", [{}, None], ids=["redacts", "does not"])
def test_law_7_a_trace_stays_in_one_piece_whoever_redacts_by_which_rules(worker, scheduler):
    first, second = Redactor(**worker), None if scheduler is None else Redactor(**scheduler)
    ends = [said(key, first, at, EventKind.ENDED, State.SUCCESS) for at, key in enumerate(KEYS)]
    trace = fold(ends, recorded(second))
    plain = fold([said(key, None, at, EventKind.ENDED, State.SUCCESS) for at, key in enumerate(KEYS)], recorded())
    assert len(trace.spans) == 3
    assert ids_of(trace) == ids_of(plain)
    assert trace.completeness.status == plain.completeness.status
    assert not [span for span in trace.spans if SECRET in f"{span.task} {span.map_key}"]


def test_law_7_names_show_what_is_no_secret_and_which_names_they_were():
    shown = Redactor().event(said(KEYS[0]))
    assert shown.run.run_id == f"manual__token=*** [masked {fingerprint(RUN.run_id)}]"
    assert shown.span.task == f"load *** [masked {fingerprint(KEYS[0].task)}]"
    assert shown.dependencies[0].downstream == shown.span.task
    assert SECRET.encode() not in codec.dumps(shown)


def test_the_other_end_of_a_link_is_the_run_that_redacted_itself():
    link = Link(LinkKind.TRIGGERED, Direction.UP, RUN, "conf")
    shown = Redactor().event(replace(said(None), links=(link,)))
    assert shown.links[0].run == shown.run


def test_a_name_that_is_too_long_is_cut_and_stays_itself():
    one, other = ("n " * 2_000 + end for end in "ab")
    shown = [Redactor().record(SpanKey(name)) for name in (one, other)]
    assert [key.span_id("a" * 32) for key in shown] == [SpanKey(name).span_id("a" * 32) for name in (one, other)]
    assert max(len(key.task) for key in shown) < 1_100


@pytest.mark.parametrize("name", ["0192f0c4-1c1b-7a4e-9d0e-3d0d2f3b8c11", "a" * 32, "4111111111111111"])
def test_hex_ids_are_never_veiled_whatever_the_patterns_of_the_user(name):
    run = RunRef("dagster", "default", "job", name)
    assert Redactor(patterns=["[0-9a-f]{8}"]).record(run) == run


def test_half_a_character_in_a_name_cannot_be_written_and_does_not_change_the_id():
    run = RunRef("airflow", "default", "a\ud800", "r")
    shown = Redactor().record(run)
    shown.pipeline.encode()
    assert shown.trace_id == run.trace_id


def test_a_record_that_holds_no_secret_is_the_same_object():
    for record in (ErrorInfo("ValueError", "no rows", "Traceback"), RunRef("airflow", "default", "shop", "r1")):
        assert Redactor().record(record) is record


def test_redacting_twice_changes_and_counts_nothing():
    redactor: Any = Redactor()
    once = redactor.event(said(KEYS[0], upstream=(KEYS[0].task,)))
    redactor.counts.clear()
    assert redactor.event(once) is once
    assert not redactor.counts
