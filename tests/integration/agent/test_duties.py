"""Agents as real processes: one has the duty, the next one takes over, and none outlives what it is for."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace

import pytest

from datatracing.agent import catch_up
from datatracing.agent.stop import stop
from datatracing.capture import CaptureSettings, Recorder, lease
from datatracing.capture.inventory import waits
from datatracing.capture.reading import spool_files
from datatracing.model.event import EventKind, Statement
from tests.capturing import RUN, end_detached


@pytest.fixture
def settings(inbox, spool_dir):
    return CaptureSettings(inbox.url, spool_dir=spool_dir, retry_limit=0.5)


@pytest.fixture
def agents(agents_of, settings, spool_dir):
    yield agents_of(settings)
    end_detached(spool_dir)


@pytest.fixture
def silent(settings):
    """For recorders of the test itself, which are to start no agent."""
    return replace(settings, store="")


@pytest.fixture
def hosts():
    """A function: the process ids of so many hosts, which end with the test."""
    made = []

    def some(count):
        made.extend(subprocess.Popen(["sleep", "600"]) for _ in range(count))  # any program will do
        return [each.pid for each in made]

    yield some
    for each in made:
        each.kill()
        each.wait()


def said(silent, count=1):
    recorder = Recorder(silent)
    for _ in range(count):
        recorder.say(Statement(EventKind.NOTED, RUN))
    return recorder


def test_of_five_agents_one_ships_and_the_next_takes_over_when_it_is_killed(agents, hosts, silent, inbox, eventually):
    five = [agents.start("--attend", host) for host in hosts(5)]
    seen = []
    for n in range(3):
        pid = eventually(lambda: (held := agents.holder()) not in {None, *seen} and held)
        seen.append(pid)
        said(silent).close()
        eventually(lambda n=n: len(inbox.events()) == n + 1)
        os.kill(pid, signal.SIGKILL)
    assert set(seen) < {each.pid for each in five}
    assert len(inbox.losses()) == 0


def test_agents_that_nobody_needs_end_at_once(agents, eventually):
    first = agents.start()
    eventually(agents.holder)
    assert agents.start().wait(30) == 0
    assert first.poll() is None


def test_law_6_an_agent_that_is_killed_at_any_moment_loses_nothing_and_makes_no_row_twice(
    agents, silent, inbox, spool_dir, eventually
):
    chance = random.Random(11)
    recorder = said(silent, 0)
    for _ in range(4):
        agent = agents.start("--attend", os.getpid())
        for _ in range(chance.randrange(20, 60)):
            recorder.say(Statement(EventKind.NOTED, RUN))
        try:
            agent.wait(chance.uniform(0.3, 1.5))
        except subprocess.TimeoutExpired:
            agent.kill()
            agent.wait()
    recorder.close()
    agents.start("--attend", os.getpid())
    eventually(lambda: spool_files(spool_dir) == [])
    numbers = inbox.numbers()
    assert sorted(numbers) == sorted(set(numbers))
    assert sorted(seq for _, seq in numbers) == list(range(recorder.counters["emitted"]))
    assert inbox.losses() == []


@pytest.mark.parametrize("end", ["kill", "terminate"])
def test_an_agent_ends_with_its_host_after_a_last_delivery(agents, silent, inbox, eventually, end):
    host = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    agent = agents.start("--attend", host.pid)
    eventually(agents.holder)
    recorder = said(silent, 3)
    getattr(host, end)()  # and nobody waits for it: it stays a zombie
    assert agent.wait(30) == 0
    assert len(inbox.events()) == 3
    host.communicate()
    recorder.close()


def test_an_agent_that_is_told_to_end_delivers_first(agents, silent, inbox, eventually):
    agent = agents.start("--attend", os.getpid())
    eventually(agents.holder)
    said(silent, 2).close()
    agent.terminate()
    assert agent.wait(30) == 0
    assert len(inbox.events()) == 2


def test_an_agent_on_demand_ends_when_it_is_idle_and_not_while_a_living_process_may_speak(
    agents, silent, inbox, eventually
):
    recorder = said(silent)
    agent = agents.start(DATATRACING_AGENT_IDLE_SECONDS="0.5")
    eventually(lambda: len(inbox.events()) == 1)
    with pytest.raises(subprocess.TimeoutExpired):
        agent.wait(2.5)
    recorder.close()
    assert agent.wait(30) == 0


def test_while_the_store_is_away_events_wait_and_the_agent_says_why(agents_of, settings, silent, spool_dir, eventually):
    away = replace(settings, store="http://127.0.0.1:9/datatracing")
    agents = agents_of(away)
    agents.start("--attend", os.getpid())
    said(silent).close()
    eventually(lambda: "127.0.0.1" in (lease.holder(spool_dir, lease.SHIP) or {}).get("outage", ""))
    report = catch_up(away, 30.0)
    assert (report.agent, report.waits) == (True, True), "and nobody waits for it"
    agents.end()
    assert catch_up(settings, bound=None).delivered == 1


def test_who_tidies_the_spool_directory_makes_no_second_agent(agents, silent, inbox, spool_dir, eventually):
    agents.start("--attend", os.getpid())
    first = eventually(agents.holder)
    (spool_dir / "agent.ship").unlink()
    assert eventually(agents.holder) == first
    said(silent).close()
    eventually(lambda: len(inbox.events()) == 1)


def test_what_a_process_says_without_an_agent_is_there_for_who_asks(settings, silent, inbox, spool_dir):
    said(silent, 2).close()
    report = catch_up(settings, bound=None)
    assert (report.delivered, report.files, report.waits, report.error) == (2, 1, False, None)
    assert catch_up(settings, bound=None).delivered == 0
    assert not waits(spool_dir)


def test_who_asks_waits_for_the_agent_that_is_at_it(agents, settings, silent, inbox, eventually):
    agents.start("--attend", os.getpid())
    eventually(agents.holder)
    said(silent, 2).close()
    report = catch_up(settings, 20.0)
    assert (report.agent, report.waits) == (True, False)
    assert len(inbox.events()) == 2


def test_an_agent_ships_into_postgres_and_waits_for_tables_that_are_not_there(
    agents_of, settings, silent, postgres_url, postgres_empty_url, spool_dir, eventually
):
    empty = replace(settings, store=postgres_empty_url)
    said(silent).close()
    report = catch_up(empty, bound=None)
    assert report.error is not None
    assert report.waits
    agents_of(replace(settings, store=postgres_url)).start("--attend", os.getpid())
    eventually(lambda: spool_files(spool_dir) == [])


def test_copied_and_half_copied_files_make_no_event_twice(settings, silent, inbox, spool_dir):
    said(silent, 5).close()
    (path,) = spool_files(spool_dir)
    (spool_dir / "copy.spool").write_bytes(path.read_bytes())
    (spool_dir / "half.spool").write_bytes(path.read_bytes()[:-40])
    catch_up(settings, bound=None)
    assert Counter(seq for _, seq in set(inbox.numbers())) == Counter(range(5))


STARTS = """
import sys
from pathlib import Path
from datatracing.capture import CaptureSettings, Recorder
from datatracing.model.event import EventKind, Statement
from datatracing.model.run import RunRef
recorder = Recorder(CaptureSettings(sys.argv[1], spool_dir=Path(sys.argv[2])))
recorder.say(Statement(EventKind.STARTED, RunRef("airflow", "default", "etl", "r1")))
recorder.say(Statement(EventKind.ENDED, RunRef("airflow", "default", "etl", "r1")))
"""


def test_the_first_process_that_finds_no_agent_starts_one_and_waits_for_nothing(
    agents, inbox, child, spool_dir, eventually
):
    child(STARTS, inbox.url, spool_dir).finishes()
    eventually(lambda: len(inbox.events()) == 2)


def test_law_1_a_process_whose_disk_ends_with_it_sends_for_itself_within_its_bound(
    settings, inbox, black_hole, spool_dir
):
    recorder = Recorder(replace(settings, ship="self", farewell_timeout=60.0))
    recorder.say(Statement(EventKind.NOTED, RUN))
    recorder.close()
    assert len(inbox.events()) == 1
    hung = Recorder(replace(settings, store=f"http://{black_hole}", ship="self", farewell_timeout=1.0))
    hung.say(Statement(EventKind.NOTED, RUN))
    began = time.monotonic()
    hung.close()
    hung.close()
    assert time.monotonic() - began < 10
    assert len(spool_files(spool_dir)) == 1


def test_told_to_stop_they_deliver_what_is_left_and_are_gone(agents, hosts, silent, settings, inbox, eventually):
    two = [agents.start("--attend", host) for host in hosts(2)]
    eventually(agents.holder)
    said(silent, 3).close()
    for _ in two:
        assert stop(settings.spool_dir) == []
        if all(each.poll() is not None for each in two):
            break
    assert len(inbox.events()) == 3
    assert agents.holder() is None


def test_who_does_not_stop_is_named(agents, settings, eventually):
    stuck = agents.start("--attend", os.getpid())
    eventually(agents.holder)
    os.kill(stuck.pid, signal.SIGSTOP)
    assert lease.SHIP in stop(settings.spool_dir, 0.3)
    os.kill(stuck.pid, signal.SIGCONT)
    assert stop(settings.spool_dir) == []


def test_a_host_has_one_agent_and_what_killed_ones_left_is_tidied_up(agents, hosts, settings, eventually):
    (host, gone) = hosts(2)
    killed = agents.start("--attend", gone)
    eventually(lambda: lease.held(settings.spool_dir, lease.ATTEND.format(gone)))
    os.kill(killed.pid, signal.SIGKILL)
    os.kill(gone, signal.SIGKILL)
    first = agents.start("--attend", host)
    eventually(lambda: lease.held(settings.spool_dir, lease.ATTEND.format(host)))
    assert agents.start("--attend", host).wait(30) == 0
    assert first.poll() is None
    assert not lease.path_of(settings.spool_dir, lease.ATTEND.format(gone)).exists()
