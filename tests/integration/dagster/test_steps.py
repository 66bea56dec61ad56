"""What steps say of themselves on a real Dagster, a process per step: it arrives, and it can never hurt them."""

import pytest

from datatracing.capture import spool_status
from tests.bench.outages import black_hole
from tests.conformance.check import unbalanced, untruths
from tests.dagster_rig.home import Home
from tests.dagster_rig.oracle import Oracle

pytestmark = pytest.mark.xdist_group("dagster-steps")

SAID = [
    ("batches", "", 1, "list", "success"),
    ("load", "a", 1, "check", "success"),
    ("load", "a", 1, "write", "success"),
    ("load", "a", 1, "write #2", "success"),
    ("load", "b", 1, "check", "failed"),
    ("load", "b", 1, "write", "failed"),
    ("load", "b", 2, "check", "success"),
    ("load", "b", 2, "write", "success"),
    ("load", "b", 2, "write #2", "success"),
]


@pytest.fixture
def furnished(tmp_path, sqlite_url):
    """A function that gives an instance with no runs; the environment of its steps may be broken."""

    def furnish(**settings):
        good = {"DATATRACING_STORE": sqlite_url, "DATATRACING_SPOOL_DIR": str(tmp_path / "spool")}
        return Home(tmp_path / "dagster", good | settings).furnish(), Home(tmp_path / "dagster", good)

    return furnish


def operations(document):
    """What steps said, without what Dagster's log knows of them anyway."""
    return sorted(
        (span["task"], span["map_key"] or "", span["attempt"], span["operation"], span["state"])
        for span in document["spans"]
        if span["kind"] == "operation" and span["source"] == "events"
    )


def spans(document):
    return {(span["task"], span["map_key"], span["attempt"], span["operation"]): span for span in document["spans"]}


def test_what_steps_say_waits_in_the_spool_and_arrives_with_their_run(furnished, tmp_path):
    with black_hole() as nowhere:
        broken, home = furnished(DATATRACING_STORE=nowhere)
        name = f"dagster:traced/{broken.play('apart', 'traced')['traced']}"
    account = Oracle(home.folder).account(name.rpartition("/")[2])
    assert account.state == "success"
    # Nobody in the steps' processes has tried to reach a store: there is no word of an outage.
    waiting = spool_status(tmp_path / "spool")
    assert {(file.owner, file.path.suffix) for file in waiting} == {("dead", ".events")}
    assert sum(file.events for file in waiting) == 2 * len(SAID) + 4
    home.datatracing("dagster", "collect", "--once")
    document = home.asked("trace", name)
    assert untruths(document, account) == []
    assert operations(document) == SAID
    assert unbalanced(home.books(name)) == []
    known = spans(document)
    assert known["load", "b", 2, None]["records"] == ["order-b"]
    assert known["load", "b", 1, "write"]["parent"] == known["load", "b", 1, None]["span_id"]
    assert known["batches", None, 1, "list"]["attributes"] == {"source": "warehouse", "password": "***"}
    assert known["load", "b", 1, "check"]["error"]["type"] == "ValueError"
    assert "hunter2" not in str(document)
    assert spool_status(tmp_path / "spool") == []


def test_an_operation_whose_process_was_killed_is_lost(furnished):
    _, home = furnished()
    run = home.play("apart", "traced_to_death")["traced_to_death"]
    home.datatracing("dagster", "collect", "--once")
    document = home.asked("trace", f"dagster:traced_to_death/{run}")
    assert operations(document) == [("die", "", 1, "fatal", "lost")]
    assert spans(document)["die", None, 1, None]["state"] == "crashed"


def test_steps_that_ship_themselves_need_no_spool_on_the_collectors_machine(furnished, tmp_path):
    shipping, home = furnished(RIG_SHIPS="1", DATATRACING_SPOOL_DIR=str(tmp_path / "elsewhere"))
    name = f"dagster:traced/{shipping.play('in_process', 'traced')['traced']}"
    home.datatracing("dagster", "collect", "--once")
    assert operations(home.asked("trace", name)) == SAID


def test_a_process_that_lives_on_leaves_what_its_run_said_to_the_collector(furnished, tmp_path):
    looking, _ = furnished(RIG_LOOKS_AT=str(tmp_path / "spool"))
    printed = looking.call("tests.dagster_rig.play", "in_process", "traced", "success_chain", "traced").stdout
    # To a process that holds none of its files any more it is as good as dead.
    assert [line for line in printed.splitlines() if line.startswith("owners")] == ["owners dead"] * 3


@pytest.mark.parametrize(
    "settings",
    [
        {"DATATRACING_SPOOL_DIR": "/proc/nothing/can/be/made/here"},
        {"DATATRACING_SPOOL_LIMIT": "1"},
        {"DATATRACING_SPOOL_LIMIT": "a lot"},
        {"DATATRACING_REDACT_PATTERNS": "(unclosed"},
        {"DATATRACING_STORE": "mysql://somewhere/else"},
    ],
    ids=str,
)
def test_law_1_steps_do_not_notice_that_nothing_can_be_kept_and_the_trace_is_whole_without_them(furnished, settings):
    broken, home = furnished(**settings)
    name = f"dagster:traced/{broken.play('in_process', 'traced')['traced']}"
    account = Oracle(home.folder).account(name.rpartition("/")[2])
    assert account.state == "success"
    home.datatracing("dagster", "collect", "--once")
    wrong = untruths(home.asked("trace", name), account)
    assert all(each.startswith("completeness is ") for each in wrong)  # what was lost is counted


def test_law_1_no_step_waits_for_a_store_that_never_answers(furnished):
    with black_hole() as nowhere:
        broken, home = furnished(DATATRACING_STORE=nowhere)
        run = broken.play("in_process", "traced")["traced"]
    account = Oracle(home.folder).account(run)
    longest = max(each.times.ended_at - each.times.started_at for each in account.attempts)
    assert longest < 1_500_000  # a single attempt to connect would take 2 s
