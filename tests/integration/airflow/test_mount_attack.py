"""Law 1 in the api-server: whatever a holder of a worker's token posts to our mount, Airflow goes on answering."""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from select import select

import httpx
import psutil
import pytest

from tests.airflow_rig.cluster import Cluster, running
from tests.airflow_rig.command import datatracing
from tests.airflow_rig.home import REPOSITORY, Home
from tests.airflow_rig.metadata import sqlite_metadata
from tests.airflow_rig.places import free_port

pytestmark = pytest.mark.xdist_group("airflow-attack")

TOKEN = "a token for workers"
SECONDS, ROUNDS = 8.0, 3
PAUSE = 0.03
SLOWEST, GROWTH = 0.5, 200 * 1024 * 1024
"""What p99 of Airflow's own version may be, in seconds, and how much more memory the server may have, in bytes."""


@dataclass
class Round:
    """`p99` in seconds; `most` bytes of memory; how the posts were answered, by status."""

    p99: float
    most: int
    answers: dict[str, int]


@pytest.fixture(scope="module")
def server(tmp_path_factory, blank: Path):
    folder = tmp_path_factory.mktemp("attack")
    settings = {
        "DATATRACING_STORE": f"sqlite:///{folder}/traces.db",
        "DATATRACING_SPOOL_DIR": f"{folder}/spool",
        "DATATRACING_TOKEN": TOKEN,
    }
    home = Home(folder / "home", free_port(), settings=settings).furnish()
    sqlite_metadata(home, blank)
    assert datatracing(home, "db", "upgrade").returncode == 0
    with running(home, dags=0, names=("api-server",)) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def attacker(server: Cluster):
    """Another process, so that what it does is not measured here."""
    module = "tests.integration.airflow.direct.attack"
    words = [str(server.home.python), "-m", module, server.home.url, TOKEN, str(SECONDS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=REPOSITORY, **pipes) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()


def played(server: Cluster, attacker: subprocess.Popen, kind: str) -> Round:
    """Airflow's own answers while bodies of this kind come in."""
    attacker.stdin.write(f"{kind}\n")
    attacker.stdin.flush()
    times, most = [], 0
    with httpx.Client(base_url=server.home.url, timeout=60) as client:
        while not select([attacker.stdout], [], [], PAUSE)[0]:
            times.append(answered(client))
            most = max(most, memory(server))
    return Round(sorted(times)[int(len(times) * 0.99)], most, json.loads(attacker.stdout.readline()))


def answered(client: httpx.Client) -> float:
    began = time.perf_counter()
    assert client.get("/api/v2/version").is_success
    return time.perf_counter() - began


def memory(server: Cluster) -> int:
    """Of the api-server and all of its processes."""
    main = psutil.Process(server.components["api-server"].process.pid)
    return sum(each.memory_info().rss for each in [main, *main.children(recursive=True)])


@pytest.mark.apart  # a machine that is busy with other tests would decide it
@pytest.mark.timeout(600)
def test_law1_the_worst_bodies_neither_hold_up_nor_fill_airflows_server(server, attacker):
    played(server, attacker, "harmless")  # so that everything is loaded
    before = memory(server)
    rounds = [tuple(played(server, attacker, kind) for kind in ("harmless", "worst")) for _ in range(ROUNDS)]
    usual, worst = (min(each.p99 for each in column) for column in zip(*rounds, strict=True))
    answers = [attack.answers for _, attack in rounds]
    print(f"p99 of /api/v2/version: {worst:.3f} s under attack, {usual:.3f} s otherwise; answers {answers}")
    # A machine that is too busy for the bound is as slow when nothing bad is posted.
    assert worst < max(SLOWEST, 2 * usual)
    assert max(attack.most for _, attack in rounds) - before < GROWTH
    # There are more senders than bodies that are taken at once: the others are told to come again.
    assert {status for each in answers for status in each if status.startswith("5")} <= {"503"}
    assert all(each["200"] for each in answers), "what is good is taken meanwhile"
    assert all(sum(each.values()) > len(rounds) for each in answers)
