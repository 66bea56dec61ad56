"""What steps say of themselves on a real Dagster, a process per step: it arrives, and it can never hurt them."""

import json

import pytest

from datatracing.capture.inventory import spool_status
from tests import agents
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

    yield furnish
    for spool in ("spool", "elsewhere"):
        agents.end(tmp_path / spool)


def operations(document):
    """What steps said, without what Dagster's log knows of them anyway."""
    return sorted(
        (span["task"], span["map_key"] or "", span["attempt"], span["operation"], span["state"])
        for span in document["spans"]
        if span["level"] == "operation" and span["source"] == "events"
    )


def spans(document):
    return {(span["task"], span["map_key"], span["attempt"], span["operation"]): span for span in document["spans"]}


def test_what_steps_say_waits_in_the_spool_and_arrives_with_their_run(furnished, tmp_path):
    quiet, home = furnished(DATATRACING_STORE="")
    name = f"dagster:traced/{quiet.play('apart', 'traced')['traced']}"
    account = Oracle(home.folder).account(name.rpartition("/")[2])
    assert account.state == "success"
    waiting = spool_status(tmp_path / "spool")
    assert {file.owner for file in waiting} == {"dead"}
    assert sum(file.events for file in waiting) == 2 * len(SAID) + 4
    home.datatracing("dagster", "watch", "--once")
    document = home.trace(name)
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


def test_law_6_what_a_killed_step_said_is_there_and_a_mute_error_ends_its_operation(furnished):
    _, home = furnished()
    runs = home.play("apart", "traced_to_death", "traced_mute")
    home.datatracing("dagster", "watch", "--once")
    document = home.trace(f"dagster:traced_to_death/{runs['traced_to_death']}")
    assert operations(document) == [("die", "", 1, "fatal", "lost")]
    assert spans(document)["die", None, 1, None]["state"] == "crashed"
    document = home.trace(f"dagster:traced_mute/{runs['traced_mute']}")
    assert operations(document) == [("fall_silent", "", 1, "mute", "failed")]
    error = spans(document)["fall_silent", None, 1, "mute"]["error"]
    assert (error["type"], error["message"]) == ("MuteError", "the message cannot be read: RuntimeError")
    assert spans(document)["fall_silent", None, 1, None]["error"]["type"] == "MuteError"


@pytest.mark.parametrize("executor", ["in_process", "apart"])
def test_steps_whose_disk_dies_with_them_send_what_they_said_when_they_end(furnished, tmp_path, executor):
    patient = {"DATATRACING_FAREWELL_TIMEOUT": "60", "DATATRACING_SPOOL_DIR": str(tmp_path / "elsewhere")}
    shipping, home = furnished(RIG_SHIP="self", **patient)
    name = f"dagster:traced/{shipping.play(executor, 'traced')['traced']}"
    home.datatracing("dagster", "watch", "--once")
    assert operations(home.trace(name)) == SAID


def test_law_1_no_thread_socket_or_file_of_ours_but_the_spool_is_in_a_process_that_runs_a_step(furnished, tmp_path):
    traced, home = furnished(RIG_LOOKS_AT=str(tmp_path))
    run = traced.play("apart", "traced_looks")["traced_looks"]
    found = json.loads((tmp_path / f"{run}.json").read_text())
    assert [name for name in found["threads"] if "datatracing" in name.lower()] == []
    assert found["connections"] == []
    ours = [file for file in found["files"] if str(tmp_path) in file and str(home.folder) not in file]
    assert len(ours) == 1
    assert ours[0].startswith(str(tmp_path / "spool"))
    assert not {"psycopg", "psycopg2"} & set(found["modules"])


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
    home.datatracing("dagster", "watch", "--once")
    wrong = untruths(home.trace(name), account)
    assert all(each.startswith("completeness is ") for each in wrong)  # what was lost is counted


def test_law_1_no_step_waits_for_a_store_that_never_answers(furnished, tmp_path):
    with black_hole() as nowhere:
        broken, home = furnished(DATATRACING_STORE=nowhere)
        run = broken.play("in_process", "traced")["traced"]
        agents.end(tmp_path / "spool")
    account = Oracle(home.folder).account(run)
    longest = max(each.times.ended_at - each.times.started_at for each in account.attempts)
    assert longest < 1_500_000  # a single attempt to connect would take 2 s
