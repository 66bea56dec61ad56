"""What doctor looks at."""

from dataclasses import replace
from pathlib import Path

from datatracing.capture.inventory import SpoolFile
from datatracing.connection import connect
from datatracing.errors import SchemaMismatchError
from datatracing.model import clock
from datatracing.model.fate import Fate, LedgerEntry
from datatracing.model.states import State
from datatracing.ops import host, stored
from datatracing.store.search import Page
from tests.sample_runs import NIGHT, Story

NOW = clock.parse_rfc3339("2025-01-31T06:00:00Z")


def file(owner, age=0, events=3):
    return SpoolFile(Path("spool/one"), owner, 100, events, 0, 0, NOW - age)


def test_events_of_the_living_and_the_freshly_dead_are_in_order():
    found = host.spool(Path("spool"), lambda _: [file("live"), file("dead")], NOW)
    assert (found.ok, found.detail) == (True, "6 events wait in spool")


def test_events_that_nobody_adopted_say_how_to_send_them():
    found = host.spool(Path("spool"), lambda _: [file("live"), file("dead", age=120 * clock.SECOND)], NOW)
    assert (found.ok, found.detail) == (False, "3 events of dead processes wait in spool")
    assert found.advice == "`datatracing spool ship` sends them"


def test_events_that_the_store_refused_are_a_problem():
    assert host.spool(Path("spool"), lambda _: [file("quarantined")], NOW).ok is False


def test_a_disk_with_too_little_room_says_how_much_is_needed(tmp_path):
    assert host.disk("disk", tmp_path / "not" / "there" / "yet", 1).ok
    assert host.disk("disk", tmp_path, 2**80).advice.startswith("free at least 1,152,921,504,606,846,976 MiB")


def test_a_store_that_does_not_fit_gives_its_own_advice():
    def check():
        raise SchemaMismatchError("the store x has no tables yet: create them with `datatracing db upgrade`")

    found = stored.reachable("x", check, "DATATRACING_STORE")
    assert (found.ok, found.detail) == (
        False,
        "the store x has no tables yet: create them with `datatracing db upgrade`",
    )
    assert found.advice == "put that right, or name another store: this one is from DATATRACING_STORE"


def test_a_host_that_still_has_everybodys_namespace_in_a_shared_store_is_warned():
    connection = connect("memory://")
    Story(replace(NIGHT, namespace="berlin")).begun().sealed(connection, State.SUCCESS, 1)

    assert stored.namespaces(connection.runs, "default").ok is False
    assert stored.namespaces(connection.runs, "paris").detail == "this host writes as 'paris'; others as berlin"
    assert stored.namespaces(lambda where, limit: Page(()), "default").ok
    connection.close()


def test_what_was_lost_today_is_named_and_what_was_lost_long_ago_is_not():
    old = LedgerEntry(Fate.LOST, "spool_full", 9, NOW - 25 * 3600 * clock.SECOND)
    new = LedgerEntry(Fate.REJECTED, "too large", 2, NOW)

    assert stored.ledger([old], NOW).ok
    assert stored.ledger([old, new], NOW).detail == "2 events rejected: too large"
