"""The page that a run gets in Prefect's UI."""

import re

from datatracing_prefect.page import EDGES, NODES, SLOWEST, escaped, page

NASTY = '"]; <script>|`x`\n[a](javascript:b) #1; ü'


def span(task, number=0, state="success", took=1, up=(), attempt=1):
    return {
        "span_id": f"{task}{number}{attempt}",
        "level": "task",
        "task": task,
        "map_index": -1,
        "map_key": f"{task}{number}",
        "attempt": attempt,
        "state": state,
        "started_at": "2026-11-21T10:00:00.000000Z",
        "ended_at": f"2026-11-21T10:00:{took:02d}.000000Z",
        "depends_on": list(up),
    }


def document(*spans, reason="every run is kept", missing=()):
    run = {
        "trace_id": "ab" * 16,
        "state": "success",
        "verdict": {"keep": True, "reason": reason},
        "completeness": {"expected": 3, "captured": 2, "missing": list(missing)},
    }
    return {"run": run, "spans": [{"level": "run"}, *spans]}


def test_it_says_the_verdict_and_where_the_trace_is():
    text = page(document(span("a")), "http://traces/1")
    assert "ended as **success**" in text
    assert "every run is kept." in text
    assert "2 of 3 attempts" in text
    assert "[Open the trace](http://traces/1)" in text


def test_without_an_address_it_says_the_command():
    assert f"`datatracing trace {'ab' * 16}`" in page(document(), "")


def test_the_picture_has_a_node_per_task_and_an_edge_per_pair_of_tasks():
    a, b = [span("a", n) for n in range(3)], [span("b", n, up=[f"a{n}1"]) for n in range(3)]
    text = page(document(*a, *b), "")
    assert 't0["a (3)"]' in text
    assert 't1["b (3)"]' in text
    assert text.count("-->") == 1


def test_a_task_has_the_color_of_its_worst_instance_but_not_of_an_attempt_before_the_last():
    retried = [span("a", state="retried"), span("a", attempt=2)]
    bad = [span("b", 0), span("b", 1, state="failed")]
    text = page(document(*retried, *bad), "")
    assert "class t0 good" in text
    assert "class t1 bad" in text


def test_the_picture_stays_small_and_says_what_it_leaves_out():
    tasks = [span(f"task{n}", up=[f"task{m}01" for m in range(n)]) for n in range(NODES + 7)]
    text = page(document(*tasks), "")
    assert len(re.findall(r"^  t\d+\[", text, re.MULTILINE)) == NODES
    assert text.count("-->") == EDGES
    assert "and 7 more tasks" in text


def test_the_slowest_tasks_come_first():
    text = page(document(*(span(f"t{n}", took=n + 1) for n in range(SLOWEST + 3))), "")
    rows = [line for line in text.splitlines() if line.endswith("| success |")]
    assert len(rows) == SLOWEST
    assert rows[0].startswith(f"| t{SLOWEST + 2} ")


def test_a_name_cannot_leave_its_place():
    text = page(document(span(NASTY), span("b", up=[f"{NASTY}01"]), reason=NASTY, missing=[NASTY]), "")
    for trouble in ("<script", "](javascript", "|`", '"];'):
        assert trouble not in text
    [label] = re.findall(r't0\["(.*)"\]', text)
    assert set(re.sub(r"#\d+;", "", label)) <= set("script xajvb1… ()ü")


def test_a_long_name_is_cut():
    assert escaped("a" * 100, limit=10) == "a" * 9 + "…"
