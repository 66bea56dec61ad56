"""A duty has one holder on a host; it goes with its process, and whoever only asks disturbs nobody."""

import os
import stat
import threading

import pytest

from datatracing.agent.leases import Lease
from datatracing.capture import lease

HOLDS = """
import sys, time
from pathlib import Path
from datatracing.agent.leases import Lease
taken = Lease.take(Path(sys.argv[1]), "ship")
print("yes" if taken else "no", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def take(spool_dir):
    """Takes duties, and lets go of them."""
    made = []

    def one(duty=lease.SHIP):
        found = Lease.take(spool_dir, duty)
        made.append(found)
        return found

    yield one
    for each in filter(None, made):
        each.release()


def test_a_duty_is_one_processs_and_others_may_be_anothers(take, spool_dir):
    assert take()
    assert take() is None
    assert take(lease.WATCH.format("airflow"))
    assert stat.S_IMODE(spool_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(lease.path_of(spool_dir, lease.SHIP).stat().st_mode) == 0o600


def test_the_next_one_has_it_when_it_is_let_go(spool_dir):
    first = Lease.take(spool_dir, lease.SHIP)
    assert lease.held(spool_dir, lease.SHIP)
    first.release()
    assert not lease.held(spool_dir, lease.SHIP)
    second = Lease.take(spool_dir, lease.SHIP)
    assert second.valid
    second.release()


def test_of_several_processes_one_has_it_until_it_is_killed(child, spool_dir, take):
    holders = [child(HOLDS, spool_dir) for _ in range(3)]
    answers = {holder: holder.says() for holder in holders}
    assert sorted(answers.values()) == ["no", "no", "yes"]
    assert take() is None
    for holder in holders:
        holder.kill()
    assert take()


def test_the_holder_says_what_it_is_and_the_next_one_says_it_anew(spool_dir, take):
    first = Lease.take(spool_dir, lease.SHIP)
    assert lease.holder(spool_dir, lease.SHIP) == {"pid": os.getpid()}
    first.say({"pid": 1, "outage": "long words about an outage"})
    assert lease.holder(spool_dir, lease.SHIP)["outage"] == "long words about an outage"
    first.release()
    assert lease.holder(spool_dir, lease.SHIP) is None
    take()
    assert lease.holder(spool_dir, lease.SHIP) == {"pid": os.getpid()}


def test_a_file_that_was_deleted_holds_no_duty_any_more(spool_dir, take):
    first = take()
    lease.path_of(spool_dir, lease.SHIP).unlink()
    assert not first.valid
    second = take()
    assert (second.valid, first.valid) == (True, False)


def test_whoever_only_asks_keeps_nobody_from_taking_it(spool_dir):
    Lease.take(spool_dir, lease.SHIP).release()
    over = threading.Event()

    def ask():
        while not over.is_set():
            lease.held(spool_dir, lease.SHIP)

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for each in asking:
        each.start()
    try:
        for _ in range(50):
            taken = Lease.take(spool_dir, lease.SHIP)
            assert taken is not None
            taken.release()
    finally:
        over.set()
        for each in asking:
            each.join()


def test_nobody_takes_a_duty_by_a_link_to_another_file(spool_dir, tmp_path):
    spool_dir.mkdir()
    theirs = tmp_path / "theirs"
    theirs.write_text("precious")
    lease.path_of(spool_dir, lease.SHIP).symlink_to(theirs)
    with pytest.raises(OSError, match="symbolic"):
        Lease.take(spool_dir, lease.SHIP)
    assert theirs.read_text() == "precious"
