"""The store that all events come to, and what can befall it."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.airflow_rig.gate import Gate
from tests.postgres_server import Room, Server


@dataclass
class Way:
    """Where a host sends to, and the network in between, if there is one."""

    pattern: str
    gate: Gate | None = None

    @property
    def address(self) -> str:
        return self.pattern.format(self.gate.port) if self.gate else self.pattern


class Keeper(Protocol):
    """`kill`: it takes nothing any more, until `resume`."""

    url: str

    def start(self) -> None: ...

    def way(self) -> Way: ...

    def kill(self) -> None: ...

    def resume(self) -> None: ...

    def leave(self) -> None: ...


class Postgres:
    """A server of its own, behind a gate."""

    def __init__(self, _folder: Path) -> None:
        self._room = Room()
        self._server = Server(self._room.path)
        self.url = self._server.url("postgres")
        self.kill, self.resume, self.leave = self._server.kill, self._server.resume, self._room.leave

    def start(self) -> None:
        self._server.start(lambda _server: None)

    def way(self) -> Way:
        gate = Gate(self._server.data / ".s.PGSQL.5432")
        return Way("postgresql+psycopg://postgres@127.0.0.1:{}/postgres", gate)


class Sqlite:
    """A file, which somebody else can hold."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "traces.db"
        self._other: sqlite3.Connection | None = None
        self.url = f"sqlite:///{self._path}"

    def start(self) -> None:
        self._path.parent.mkdir(exist_ok=True)

    def way(self) -> Way:
        return Way(self.url)

    def kill(self) -> None:
        self._other = sqlite3.connect(self._path, isolation_level=None, timeout=60)
        self._other.execute("BEGIN EXCLUSIVE")

    def resume(self) -> None:
        if self._other is not None:
            self._other.close()
        self._other = None

    leave = resume


KEEPERS = {"postgres": Postgres, "sqlite": Sqlite}
