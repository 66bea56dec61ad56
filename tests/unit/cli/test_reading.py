"""`runs`, `trace` and `why`."""

import json
from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from datatracing.inbox.packing import pack_manifest
from datatracing.model import clock, codec
from datatracing.model.states import State
from tests.sample_runs import NIGHT, Story, mapped, orders, second, times

NAME = f"airflow:{NIGHT.pipeline}/{NIGHT.run_id}"


@pytest.fixture
def night(store, monkeypatch):
    """One night's runs."""
    monkeypatch.setattr(clock, "now", lambda: second(60))
    orders().sealed(store, State.FAILED, 47.5)
    calm = Story(replace(NIGHT, pipeline="calm")).begun().task("copy", State.SUCCESS, times(0, 0.2, 1, 3))
    calm.sealed(store, State.SUCCESS, 3.5)
    Story(replace(NIGHT, pipeline="going_on")).begun().task("sleep", State.RUNNING, times(None, None, 2, None)).open(
        store
    )
    return store


def test_runs_lists_the_newest_first_with_their_full_names(night, datatracing):
    assert datatracing("runs").out == snapshot("""\
  state    started (UTC)        took    tasks     stored  run
▶ running  2025-01-31 06:00:00  1m 00s  1         open    airflow:going_on/scheduled__2025-01-31T06:00:00+00:00
✔ success  2025-01-31 06:00:00  3.5s    1         kept    airflow:calm/scheduled__2025-01-31T06:00:00+00:00
✘ failed   2025-01-31 06:00:00  47.5s   8, 2 bad  kept    airflow:nightly_orders/scheduled__2025-01-31T06:00:00+00:00
""")


def test_runs_of_a_file_lists_what_was_delivered_and_nobody_has_folded_yet(store, datatracing):
    store.accept(codec.dumps(event) for event in orders().events)
    store.store.append([pack_manifest(orders().manifest(State.FAILED, 47.5), clock.now())])

    (found,) = json.loads(datatracing("runs", "--json").out)["runs"]
    assert (found["pipeline"], found["fate"]) == ("nightly_orders", "kept")


def test_runs_as_json_is_the_document_of_the_api(night, datatracing):
    document = json.loads(datatracing("runs", "--state", "failed", "--json").out)

    assert [(run["pipeline"], run["fate"], run["counts"]["failed"]) for run in document["runs"]] == [
        ("nightly_orders", "kept", 1)
    ]
    assert document["cursor"] is None


def test_a_list_is_continued_with_its_cursor(night, datatracing):
    names = []
    cursor = ()
    for _ in range(3):
        page = json.loads(datatracing("runs", "--limit", "1", "--json", *cursor).out)
        names += [run["pipeline"] for run in page["runs"]]
        cursor = ("--cursor", page["cursor"])

    assert sorted(names) == ["calm", "going_on", "nightly_orders"]
    assert page["cursor"] is None


def test_runs_says_how_to_go_on(night, datatracing):
    assert "more: the same command with --cursor " in datatracing("runs", "--limit", "1").out


def test_runs_that_match_nothing_is_no_error(night, datatracing):
    answer = datatracing("runs", "--pipeline", "nothing*")
    assert (answer.code, answer.out) == (0, "no run matches\n")


def test_trace_is_a_waterfall(night, datatracing):
    assert datatracing("trace", NAME).out == snapshot("""\
✘ failed  airflow:nightly_orders/scheduled__2025-01-31T06:00:00+00:00
2025-01-31 06:00:00 → 06:00:47 UTC · 47.5s · namespace default
trace 2a6cac067ea9b453165ad06c0e39221a

  task         state              wait    took  0s              23.7s      47.5s
↻ extract      retried           900ms    8.0s  ███████┈┈┈┈┈┈
    ConnectionError: shop is away
✔   └ #2       success            1.0s   11.0s              ░████████
✔ choose       success           900ms   400ms                      ░█
» full_load    skipped                                               ·
✘ load ×3: 1 failed, 2 success    2.4s   12.0s                       ░░█████████
✔   [0]        success            2.4s    5.0s                       ░░████
✘   [1]        failed             2.4s   12.0s                       ░░█████████
      ValueError: order 4711 has no customer
✔   [2]        success            2.4s    7.0s                       ░░██████
⊘ report       upstream_failed
  ░ waiting to run   █ running   ┈ waiting for the retry

caused by
  ▲ asset         airflow:shop_export/scheduled__2025-01-31T05:00:00+00:00  inferred: asset s3://shop/orders
caused
  ▼ triggered     airflow:billing/manual__2025-01-31T06:00:32+00:00  TriggerDagRunOperator start_billing

✔ kept: the run ended failed (rule failed, rate 1)
✔ complete: 8 of 8 spans
""")  # noqa: RUF001  # a multiplication sign is what is meant


def test_trace_takes_a_trace_id_as_well(night, datatracing):
    assert datatracing("trace", NIGHT.trace_id).out == datatracing("trace", NAME).out


def test_trace_of_a_run_that_goes_on_ends_its_bars_now(night, datatracing):
    assert datatracing("trace", NAME.replace("nightly_orders", "going_on")).out == snapshot("""\
▶ running  airflow:going_on/scheduled__2025-01-31T06:00:00+00:00
2025-01-31 06:00:00 UTC → still open · 1m 00s · namespace default
trace 9a5f0f110d2cb8e387cd81a1ab858cdf

  task       state      wait    took  0s                   30.0s          1m 00s
▶ sleep      running           58.0s   █████████████████████████████████████████
  █ running

◌ open: not sealed yet
? completeness unknown: the orchestrator's own record has not come yet
""")


def test_trace_as_json_is_the_trace_document(night, datatracing):
    assert json.loads(datatracing("trace", NAME, "--json").out) == night.trace(NIGHT.trace_id)


def test_trace_all_shows_every_mapped_instance(night, datatracing):
    story = mapped(7, failing=(3,))
    story.sealed(night, State.FAILED, 20)

    assert datatracing("trace", story.run.trace_id).out.count("\n✔   [") == 0
    assert datatracing("trace", story.run.trace_id, "--all").out.count("\n✔   [") == 6


def test_why_tells_every_stage_and_what_this_host_knows(night, datatracing):
    assert datatracing("why", NAME).out == snapshot("""\
✔ kept  airflow:nightly_orders/scheduled__2025-01-31T06:00:00+00:00  the run ended failed
trace 2a6cac067ea9b453165ad06c0e39221a · namespace default

  ✔ captured      7 processes reported 13 events
  ✔ spooled       nothing of it waits in the spool of this host
  ✔ received      8 deliveries from 2025-01-31 06:01:00 UTC to 2025-01-31 06:01:00 UTC
  ✔ books         13 emitted = 13 stored + 0 duplicate + 0 sampled out + 0 rejected + 0 lost
  ✔ sealed        revision 0 at 2025-01-31 06:01:00 UTC from the orchestrator's record read at 2025-01-31 06:00:50 UTC
  ✔ completeness  complete: 8 of 8 spans
  ✔ verdict       keep: the run ended failed (rule failed, rate 1)
  ✔ fate          kept: the run ended failed
""")


def test_law_6_why_of_a_run_that_is_not_there_answers_and_ends_with_4(night, datatracing):
    answer = datatracing("why", "airflow:nightly_orders/tomorrow")

    assert answer.code == 4
    assert answer.out.splitlines()[0] == "? not stored  airflow:nightly_orders/tomorrow"
    assert "  ? store      the store has 1 run of nightly_orders, but not this one; the newest is " in answer.out
    assert "  ✔ spooled    nothing of it waits in the spool of this host" in answer.out
    assert answer.err.startswith("datatracing: airflow:nightly_orders/tomorrow is not stored: the store has 1 run")


def test_law_6_why_as_json_has_the_same_stages(night, datatracing):
    document = json.loads(datatracing("why", "airflow:nightly_orders/tomorrow", "--json").out)

    assert document["fate"] is None
    assert [stage["stage"] for stage in document["stages"]] == ["spooled", "store", "namespace"]
