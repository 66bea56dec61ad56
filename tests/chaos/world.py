"""Two hosts: one ships into Postgres, one to a collector in front of it, each through a network that can break."""

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
from tests.postgres_server import Room, Server

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

    def until_ready(self) -> None:
        deadline = time.monotonic() + READY
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "serve.log").read_text()[-3_000:]
            assert time.monotonic() < deadline, "the collector does not answer"
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).is_success
        except httpx.TransportError:
            return False


@dataclass
class World:
    """`gates[n]` is what `hosts[n]` ships through."""

    postgres: Server
    store: str
    collector: Collector
    gates: list[Gate]
    hosts: list[Host]


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """All of it, and nothing afterwards."""
    room = Room()
    postgres = Server(room.path)
    try:
        postgres.start(lambda _server: None)
        store = postgres.url("postgres")
        upgrade(store)
        with _collected(folder, store) as collector:
            gates = [Gate(postgres.data / ".s.PGSQL.5432"), Gate(("127.0.0.1", collector.port))]
            addresses = ["postgresql+psycopg://postgres@127.0.0.1:{}/postgres", "http://127.0.0.1:{}"]
            stores = [address.format(gate.port) for address, gate in zip(addresses, gates, strict=True)]
            with _settled(folder, stores) as hosts:
                yield World(postgres, store, collector, gates, hosts)
            for gate in gates:
                gate.close()
    finally:
        room.leave()


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
