"""The fate of a run, with the reason at every stage."""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from datatracing.access.visibility import EVERYTHING, NOTHING
from datatracing.errors import NotFoundError
from datatracing.model import clock, codec
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.states import State
from datatracing.query.question import Asked
from datatracing.query.stages import Stage, Status
from datatracing.query.why import why, with_stage
from datatracing.sampling.policy import default_policy
from datatracing.testing.reader import reader
from tests.sample_runs import NIGHT, Story, orders, times


def said(document):
    return {stage["stage"]: (stage["status"], stage["says"]) for stage in document["stages"]}


def fixed(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: clock.parse_rfc3339("2025-01-31T06:01:00Z"))


def test_law_6_a_kept_run_says_at_every_stage_what_happened_and_why(connection, monkeypatch):
    fixed(monkeypatch)
    document = connection.why(orders().sealed(connection, State.FAILED, 47.5))

    assert (document["fate"], document["reason"]) == ("kept", "the run ended failed")
    assert said(document) == snapshot(
        {
            "captured": ("ok", "7 processes reported 13 events"),
            "received": ("ok", "8 deliveries from 2025-01-31 06:01:00 UTC to 2025-01-31 06:01:00 UTC"),
            "books": ("ok", "13 emitted = 13 stored + 0 duplicate + 0 sampled out + 0 rejected + 0 lost"),
            "sealed": (
                "ok",
                "revision 0 at 2025-01-31 06:01:00 UTC from the orchestrator's record read at 2025-01-31 06:00:50 UTC",
            ),
            "completeness": ("ok", "complete: 8 of 8 spans"),
            "verdict": ("ok", "keep: the run ended failed (rule failed, rate 1)"),
            "fate": ("ok", "kept: the run ended failed"),
        }
    )


def test_law_6_a_sampled_out_run_names_the_rule_and_the_rate(connection):
    connection.sealer = replace(connection.sealer, policy=default_policy(0.0))
    story = Story().begun().task("copy", State.SUCCESS, times(0.1, 0.2, 1, 3))

    document = connection.why(story.sealed(connection, State.SUCCESS, 3.5))

    assert document["fate"] == "sampled_out"
    status, says = said(document)["verdict"]
    assert status == "ok"
    assert says.startswith("drop the detail, the skeleton stays: the trace id's hash 0.4366 is not below")
    assert says.endswith("(rule probability, rate 0)")
    assert said(document)["books"] == snapshot(
        ("ok", "3 emitted = 0 stored + 0 duplicate + 3 sampled out + 0 rejected + 0 lost")
    )


def test_law_6_an_open_run_says_what_it_waits_for(connection):
    trace_id = Story().begun().task("sleep", State.RUNNING, times(None, None, 2, None)).open(connection)

    document = connection.why(trace_id)

    assert document["fate"] is None
    assert said(document)["sealed"] == ("waiting", "not yet: the run is still open")
    assert said(document)["verdict"] == ("waiting", "none yet: it is decided when the run is sealed")
    assert said(document)["completeness"][0] == "unknown"


def test_law_6_an_attempt_that_did_not_report_is_named(connection):
    story = Story().begun().task("copy", State.FAILED, times(0.1, 0.2, 1, 3), reported=False)

    document = connection.why(story.sealed(connection, State.FAILED, 3.5))

    assert said(document)["completeness"] == ("problem", "partial: 0 of 1 span; missing copy")


def test_law_6_what_was_refused_or_lost_is_counted_with_its_reason(connection):
    story = Story().begun().task("copy", State.SUCCESS, times(0.1, 0.2, 1, 3))
    connection.lose([LedgerEntry(Fate.LOST, "spool_full", 3, clock.now(), NIGHT.trace_id)])

    document = connection.why(story.sealed(connection, State.SUCCESS, 3.5))
    books = next(stage for stage in document["stages"] if stage["stage"] == "books")

    assert books["status"] == "problem"
    assert "3 lost (spool_full)" in books["says"]
    assert [(each["fate"], each["reason"], each["count"]) for each in books["facts"]["reasons"]] == [
        ("lost", "spool_full", 3)
    ]


def test_law_6_the_books_balance_in_the_facts(connection):
    facts = _facts(connection.why(orders().sealed(connection, State.FAILED, 47.5)), "books")

    parts = ("stored", "duplicate", "sampled_out", "rejected", "lost")
    assert facts["balanced"] is True
    assert facts["emitted"] == sum(facts[part] for part in parts)


def test_law_6_events_that_came_after_the_seal_wait_for_the_next_sweep(connection):
    trace_id = orders().sealed(connection, State.FAILED, 47.5)
    late = Story().begun().task("other", State.SUCCESS, times(None, None, 50, 51))
    connection.accept([codec.dumps(late.events[-1])])

    status, says = said(why(Asked(connection.store, connection.sealer, EVERYTHING), trace_id))["received"]

    assert status == "waiting"
    assert says.endswith("1 not folded in yet, the next sweep does it")


def test_law_6_deliveries_that_no_sweep_has_looked_at_are_told_by_trace_id(connection):
    connection.accept(codec.dumps(event) for event in Story().begun().events)

    document = why(Asked(connection.store, connection.sealer, EVERYTHING), NIGHT.trace_id)

    assert document["run"] is None
    assert document["reason"] == "received, and not folded yet: a collector or the agent does that with its next sweep"


def test_numbers_that_never_came_are_seen_before_the_seal(connection):
    events = Story().begun().task("copy", State.SUCCESS, times(None, None, 1, 3)).events
    connection.accept([codec.dumps(event) for event in events if event.seq != 0 or event.span is None])
    connection.sweep()

    status, says = said(connection.why(NIGHT.trace_id))["captured"]

    assert (status, says) == ("waiting", "2 processes reported 2 events; not arrived: 1 numbered event")


def test_law_8_a_run_that_may_not_be_seen_has_no_fate_either(connection):
    trace_id = orders().sealed(connection, State.FAILED, 47.5)
    with pytest.raises(NotFoundError):
        why(Asked(connection.store, connection.sealer, NOTHING), trace_id)


def test_law_8_deliveries_without_a_name_are_shown_only_to_who_may_see_everything(connection):
    connection.accept(codec.dumps(event) for event in Story().begun().events)
    with pytest.raises(NotFoundError):
        why(Asked(connection.store, connection.sealer, reader("nightly_orders")), NIGHT.trace_id)


def test_a_stage_is_put_behind_the_one_it_follows():
    document = {"stages": [{"stage": "captured"}, {"stage": "sealed"}]}
    added = with_stage(document, Stage("spooled", Status.OK, "nothing waits"), after="captured")
    assert [stage["stage"] for stage in added["stages"]] == ["captured", "spooled", "sealed"]


def _facts(document, name):
    return next(stage["facts"] for stage in document["stages"] if stage["stage"] == name)


def test_a_run_that_its_own_process_completed_says_so(connection, monkeypatch):
    fixed(monkeypatch)
    story = Story().begun().task("copy", State.SUCCESS, times(0.1, 0.2, 1, 3))
    connection.accept(map(codec.dumps, story.events))
    sealed = connection.complete(replace(story.manifest(State.SUCCESS, 3.5), recorded=False))

    _, says = said(connection.why(sealed.trace_id))["sealed"]
    assert says.endswith("from what the run's own process saw until 2025-01-31 06:00:06 UTC")
