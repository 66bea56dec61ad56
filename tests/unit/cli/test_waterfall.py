"""The waterfall: rows, bars and what they do in narrow, plain and hostile surroundings."""

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from rich.cells import cell_len
from rich.console import Console

from datatracing.cli.terminal.glyphs import ASCII, UNICODE, glyphs_for
from datatracing.cli.terminal.tasks import tasks_of
from datatracing.cli.terminal.times import took
from datatracing.cli.terminal.trace import trace_page
from datatracing.connection import connect
from datatracing.model.clock import SECOND
from datatracing.model.event import ErrorInfo
from datatracing.model.states import State
from tests.sample_runs import NIGHT, Story, mapped, orders, second, times


@pytest.fixture
def document():
    """The trace document of a story, by way of a store."""
    connection = connect("memory://")

    def told(story, state=State.FAILED, ended=47.5):
        return connection.trace(story.sealed(connection, state, ended))

    yield told
    connection.close()


def page(document, width=80, glyphs=UNICODE, **options):
    return "\n".join(line.plain for line in trace_page(document, width, glyphs, second(60), **options))


def test_many_mapped_instances_are_one_line_and_the_failed_ones_stand_below(document):
    assert page(document(mapped(1000, failing=(3, 77)), ended=20)) == snapshot("""\
✘ failed  airflow:many_files/scheduled__2025-01-31T06:00:00+00:00
2025-01-31 06:00:00 → 06:00:20 UTC · 20.0s · namespace default
trace 33cafcedba0a6c9aad7d1707d2b28d58

  task                          state      wait    took  0s                20.0s
✔ list_files                    success    1.0s    1.0s  ░██
✘ extract ×1,000: 2 failed, 998 success   900ms   14.9s    ░██████████████████
✘   [3]                         failed    930ms    5.0s    ░███████
      OSError: file 3 is torn
✘   [77]                        failed     1.6s    5.0s    ░░███████
      OSError: file 77 is torn
  ░ waiting to run   █ running

✔ kept: the run ended failed (rule failed, rate 1)
✔ complete: 1,001 of 1,001 spans\
""")  # noqa: RUF001  # a multiplication sign is what is meant


def test_of_many_failed_instances_only_a_few_are_named(document):
    shown = page(document(mapped(100, failing=tuple(range(40))), ended=20))

    assert shown.count("OSError") == 5
    assert "and 35 more: --all shows them" in shown


def test_a_terminal_that_knows_only_ascii_gets_only_ascii(document):
    shown = page(document(orders()), glyphs=ASCII)

    assert shown == snapshot("""\
x failed  airflow:nightly_orders/scheduled__2025-01-31T06:00:00+00:00
2025-01-31 06:00:00 -> 06:00:47 UTC - 47.5s - namespace default
trace 2a6cac067ea9b453165ad06c0e39221a

  task         state              wait    took  0s              23.7s      47.5s
~ extract      retried           900ms    8.0s  #######~~~~~~
    ConnectionError: shop is away
+   ` #2       success            1.0s   11.0s              .########
+ choose       success           900ms   400ms                      .#
- full_load    skipped                                               |
x load x3: 1 failed, 2 success    2.4s   12.0s                       ..#########
+   [0]        success            2.4s    5.0s                       ..####
x   [1]        failed             2.4s   12.0s                       ..#########
      ValueError: order 4711 has no customer
+   [2]        success            2.4s    7.0s                       ..######
! report       upstream_failed
  . waiting to run   # running   ~ waiting for the retry

caused by
  ^ asset         airflow:shop_export/scheduled__2025-01-31T05:00:00+00:00  inferred: asset s3://shop/orders
caused
  v triggered     airflow:billing/manual__2025-01-31T06:00:32+00:00  TriggerDagRunOperator start_billing

+ kept: the run ended failed (rule failed, rate 1)
+ complete: 8 of 8 spans\
""")
    assert shown.isascii()


def test_the_encoding_of_the_terminal_decides():
    assert glyphs_for("utf-8") is UNICODE
    assert glyphs_for("ascii") is glyphs_for("latin-1") is glyphs_for("unheard-of") is ASCII


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 300])
def test_lines_of_the_waterfall_fit_the_terminal(document, width):
    lines = page(document(mapped(12, failing=(2,)), ended=20), width).splitlines()
    table = lines[4 : lines.index("", 4)]

    assert all(cell_len(line) <= max(width, 50) for line in table)


def test_a_narrow_terminal_keeps_names_states_and_times_and_gives_up_the_bars(document):
    assert "█" not in page(document(orders()), 45)
    assert "upstream_failed" in page(document(orders()), 45)


def test_states_are_words_as_well_as_colours(document):
    shown = page(document(orders()))
    for state in ("retried", "success", "skipped", "failed", "upstream_failed"):
        assert state in shown


def test_no_color_and_pipes_get_no_escape_sequences(document, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Console(file=io.StringIO(), force_terminal=True, width=80, color_system="truecolor")
    for line in trace_page(document(orders()), 80, UNICODE, second(60)):
        terminal.print(line, soft_wrap=True)
    assert "\x1b[3" not in terminal.file.getvalue()
    assert "\x1b[9" not in terminal.file.getvalue()


def test_tasks_that_never_started_stand_behind_what_they_waited_for(document):
    story = Story().begun()
    story.task("a", State.FAILED, times(0, 0, 1, 5))
    story.task("b", State.UPSTREAM_FAILED, times(None, None, None, None), attempt=0, after=("a",))
    story.task("c", State.UPSTREAM_FAILED, times(None, None, None, None), attempt=0, after=("b",))
    story.task("z", State.SUCCESS, times(7, 7, 8, 9))

    assert [task.name for task in tasks_of(document(story)["spans"])] == ["a", "b", "c", "z"]


def test_a_forged_cycle_hides_no_task(document):
    shown = document(orders())
    spans = {span["task"]: span for span in shown["spans"] if span["task"] in {"extract", "choose"}}
    spans["extract"]["depends_on"] = [spans["choose"]["span_id"]]

    assert {"extract", "choose"} <= {task.name for task in tasks_of(shown["spans"])}


def test_a_state_of_a_newer_version_is_shown_as_it_is(document):
    shown = document(mapped(7), State.SUCCESS, 20)
    for span in shown["spans"][2:]:
        span["state"] = "paused"

    assert "paused" in page(shown)


HOSTILE_ERROR = ErrorInfo("Bad\x1b]0;owned\x07", "[red]no[/red]\n\x1b[2Jcleared\u202e", "")


def test_hostile_names_and_errors_forge_nothing(document):
    story = Story(replace(NIGHT, pipeline="[bold]x\x1b[31m", run_id="r\u202e\n✔ success  forged")).begun()
    story.task("t\x1b[2J\n[/] " + "é" * 200, State.FAILED, times(0, 0, 1, 2), error=HOSTILE_ERROR)
    terminal = Console(file=io.StringIO(), force_terminal=True, width=80, highlight=False)
    for line in trace_page(document(story), 80, UNICODE, second(60)):
        terminal.print(line, soft_wrap=True)
    shown = terminal.file.getvalue()

    assert "\x1b[2J" not in shown
    assert "\x1b]0;" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[2J" in shown
    assert "[red]no[/red] ..." in shown
    assert not any(line.startswith("✔ success  forged") for line in shown.splitlines())


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x1a"), min_size=1, max_size=30)
"""Those that a store can hold."""


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(names, st.sampled_from(State), st.integers(-1, 3)), max_size=8), st.integers(20, 120))
def test_any_run_gives_a_page_of_single_lines(spans, width):
    connection = connect("memory://")
    story = Story().begun()
    for place, (name, state, index) in enumerate(spans):
        story.task(name, state, times(place, None, place + 1, place + 2), index=index, attempt=place + 1)
    shown = connection.trace(story.sealed(connection, State.SUCCESS, 20))

    for glyphs in (UNICODE, ASCII):
        for line in trace_page(shown, width, glyphs, second(60)):
            assert "\n" not in line.plain
            assert line.plain.isprintable()
    connection.close()


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0ms"), (0.85, "850ms"), (12.34, "12.3s"), (68, "1m 08s"), (7500, "2h 05m"), (273_600, "3d 04h")],
)
def test_durations_have_two_units_at_most(seconds, shown):
    assert took(round(seconds * SECOND)) == shown
