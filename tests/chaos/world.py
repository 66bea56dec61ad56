"""Two hosts: one ships into a store, one to a collector in front of it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from datatracing.store.sql.schema import upgrade
from tests.airflow_rig.gate import Gate
from tests.airflow_rig.home import REPOSITORY
from tests.airflow_rig.places import free_port
from tests.chaos.host import Host
from tests.chaos.keeper import KEEPERS, Keeper, Way

READY = 300.0


class Collector:
    """`datatracing serve`, which can be killed and started again."""

    def __init__(self, folder: Path, store: str) -> None:
        self.folder, self.store, self.port = folder, store, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [Path(sys.executable).with_name("datatracing"), "serve", "--port", str(self.port)]
        env = {**os.environ, "DATATRACING_STORE": self.store, "DATATRACING_TOKEN": "chaos"}
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=env, cwd=REPOSITORY, stdout=log, stderr=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def tend(self) -> None:
        """As a service is: it ends where the store is away when it begins, and is begun again."""
        if self.process.poll() is not None:
            self.start()

    def until_ready(self) -> None:
        deadline = time.monotonic() + READY
        while not self._answers():
            self.tend()
            assert time.monotonic() < deadline, (self.folder / "serve.log").read_text()[-3_000:]
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).is_success
        except httpx.TransportError:
            return False


@dataclass
class World:
    """`gates[n]` is what `hosts[n]` ships through; None where there is no network in between."""

    keeper: Keeper
    collector: Collector
    gates: list[Gate | None]
    hosts: list[Host]

    @property
    def store(self) -> str:
        return self.keeper.url


@contextmanager
def world(folder: Path, kind: str) -> Iterator[World]:
    """All of it, and nothing afterwards."""
    keeper = KEEPERS[kind](folder)
    try:
        keeper.start()
        upgrade(keeper.url)
        with _collected(folder, keeper.url) as collector:
            ways = [keeper.way(), Way("http://127.0.0.1:{}", Gate(("127.0.0.1", collector.port)))]
            gates, addresses = [way.gate for way in ways], [way.address for way in ways]
            with _settled(folder, addresses) as hosts:
                yield World(keeper, collector, gates, hosts)
            for gate in filter(None, gates):
                gate.close()
    finally:
        keeper.leave()


@contextmanager
def _collected(folder: Path, store: str) -> Iterator[Collector]:
    collector = Collector(folder, store)
    collector.start()
    try:
        collector.until_ready()
        yield collector
    finally:
        collector.kill()


@contextmanager
def _settled(folder: Path, stores: list[str]) -> Iterator[list[Host]]:
    hosts = [Host(folder / name, store, name == "b").furnish() for name, store in zip("ab", stores, strict=True)]
    try:
        yield hosts
    finally:
        for host in hosts:
            host.leave()
