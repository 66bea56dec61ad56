"""Whether the process that an agent attends still lives: that process, and not one that has its number."""

import os
import shutil
import subprocess

import pytest

from datatracing.agent.host import Host


@pytest.fixture
def sleeper():
    """Starts programs that do nothing; none outlives the test."""
    made = []

    def start(program="sleep"):
        made.append(subprocess.Popen([program, "600"]))
        return made[-1]

    yield start
    for each in made:
        each.kill()
        each.wait()


def test_this_process_lives():
    assert Host(os.getpid()).alive


def test_a_host_ends_when_it_is_killed_also_while_nobody_has_waited_for_it(sleeper, eventually):
    process = sleeper()
    host = Host(process.pid)
    assert host.alive
    process.kill()
    eventually(lambda: not host.alive, 20)
    process.wait()
    assert not host.alive


def test_one_that_is_stopped_lives(sleeper):
    process = sleeper()
    host = Host(process.pid)
    process.send_signal(19)
    assert host.alive


def test_one_that_was_over_before_is_not_alive(sleeper):
    process = sleeper()
    process.kill()
    process.wait()
    assert not Host(process.pid).alive


def test_a_number_that_was_given_to_another_process_is_not_the_host(sleeper):
    first, second = sleeper(), sleeper()
    host = Host(first.pid)
    began = host._began
    host.pid = second.pid
    assert host.alive == (Host(second.pid)._began == began)
    host._began = "1"
    assert not host.alive


def test_a_program_may_have_any_name(sleeper, tmp_path):
    odd = tmp_path / "a) Z (b"
    shutil.copy(shutil.which("sleep"), odd)
    process = sleeper(str(odd))
    assert Host(process.pid).alive
