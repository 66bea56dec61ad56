"""`datatracing serve` and the other commands as programs of their own."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from datatracing.connection import connect
from datatracing.model.states import State
from tests.sample_runs import NIGHT, orders

PROGRAM = str(Path(sys.executable).with_name("datatracing"))


@pytest.fixture
def environment(tmp_path):
    """No setting of this machine's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATATRACING_", "XDG_"))}
    return {**kept, "HOME": str(tmp_path), "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def stored(tmp_path):
    """The URL of a store with one run."""
    url = f"sqlite:///{tmp_path}/traces.db"
    connection = connect(url, migrate=True)
    orders().sealed(connection, State.FAILED, 47.5)
    connection.close()
    return url


@pytest.fixture
def serving(environment, stored):
    """`datatracing serve` on a free port: its address, its token and the process."""
    call = [PROGRAM, "serve", "--port", "0", "--store", stored]
    with subprocess.Popen(call, env=environment, stderr=subprocess.PIPE, text=True) as process:
        listens, export = process.stderr.readline(), process.stderr.readline()
        address = re.search(r"http://\S+?(?=,)", listens).group()
        token = re.search(r"DATATRACING_TOKEN=(\S+)", export).group(1)
        yield address, token, process
        process.send_signal(signal.SIGTERM)
        process.stderr.read()


def call(environment, *arguments, **more):
    return subprocess.run(
        [PROGRAM, *arguments], env={**environment, **more}, capture_output=True, text=True, check=False
    )


def test_serve_makes_a_token_and_the_command_line_reads_through_it(serving, environment, stored):
    address, token, _ = serving
    name = f"airflow:{NIGHT.pipeline}/{NIGHT.run_id}"
    there = {"DATATRACING_STORE": address, "DATATRACING_TOKEN": token}

    assert httpx.get(f"{address}/api/v1/runs").status_code == 401
    far, near = call(environment, "trace", name, **there), call(environment, "trace", name, "--store", stored)
    assert (far.returncode, far.stderr) == (0, f"store {address} (from DATATRACING_STORE)\n")
    assert far.stdout == near.stdout
    assert far.stdout.startswith("✘ failed  ")
    assert (
        call(environment, "runs", "--json", **there).stdout
        == call(environment, "runs", "--json", "--store", stored).stdout
    )
    absent = call(environment, "why", "airflow:nightly_orders/missing", **there)
    assert absent.returncode == 4
    assert "the store has 1 run of nightly_orders" in absent.stdout
    assert call(environment, "doctor", **there).returncode in {0, 1}


def test_serve_ends_when_it_is_told_to(serving):
    _, _, process = serving
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) in {0, -signal.SIGTERM, 128 + signal.SIGTERM}


def test_serve_without_a_token_stays_on_this_machine(environment, stored):
    refused = call(environment, "serve", "--host", "0.0.0.0", "--store", stored)

    assert refused.returncode == 2
    assert "set DATATRACING_TOKEN" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_serve_with_nothing_set_makes_its_own_store(environment, tmp_path):
    with subprocess.Popen(
        [PROGRAM, "serve", "--port", "0"], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        listens = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.stderr.read()

    assert f"store sqlite:///{tmp_path}/.local/share/datatracing/traces.db" in listens
    assert call(environment, "runs").stdout == "no run matches\n"


def test_serve_needs_a_store_that_answers(environment):
    refused = call(environment, "serve", "--store", "postgresql+psycopg://127.0.0.1:1/none?connect_timeout=2")
    assert (refused.returncode, refused.stderr.count("\n")) == (3, 1)


def test_serve_does_not_stand_in_front_of_another_collector(environment):
    assert call(environment, "serve", "--store", "http://127.0.0.1:1").returncode == 2


def test_a_port_that_is_taken_is_one_clear_line(serving, environment, stored):
    address, _, _ = serving
    refused = call(environment, "serve", "--port", address.rpartition(":")[2], "--store", stored)

    assert refused.returncode == 1
    assert "cannot listen on 127.0.0.1 port" in refused.stderr


def test_output_into_a_pipe_that_closes_early_is_no_error(environment, stored):
    shell = f"{PROGRAM} runs --store {stored} | head -c 1"
    ended = subprocess.run(["sh", "-c", shell], env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, f"store {stored} (from --store)\n")


def test_a_terminal_without_unicode_still_gets_its_trace(environment, stored):
    shown = call(environment, "trace", NIGHT.trace_id, "--store", stored, PYTHONIOENCODING="ascii")
    assert shown.returncode == 0
    assert shown.stdout.startswith("x failed  airflow:nightly_orders/")
    assert shown.stdout.isascii()


def test_help_imports_nothing_heavy(environment):
    script = (
        "import sys; from datatracing.cli.app import run; code = run(['--help']); "
        "heavy = {'sqlalchemy', 'alembic', 'fastapi', 'pydantic_settings', 'uvicorn'} & set(sys.modules); "
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
