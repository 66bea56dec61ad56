"""An Airflow for a storm: the LocalExecutor, on SQLite files or on a Postgres that is reached by TCP."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from tests import agents
from tests.airflow_rig.cluster import Cluster, running
from tests.airflow_rig.command import datatracing
from tests.airflow_rig.home import Home
from tests.airflow_rig.metadata import postgres_metadata, sqlite_metadata
from tests.airflow_rig.places import free_port
from tests.postgres_server import PORT, Room, Server, loopback
from tests.storm.witness import Witness, sqlite_marks, tcp_marks


@dataclass(frozen=True)
class Size:
    """How many runs, tasks of each, tasks at a time, and runs without us that they are compared with."""

    runs: int
    tasks: int
    slots: int
    twins: int = 0


DAGS = Path(__file__).with_name("dags")
COMPONENTS = ("api-server", "dag-processor", "scheduler")
OPTIONS = {
    ("core", "max_active_tasks_per_dag"): "32",
    # On a busy machine Airflow itself would otherwise take slow tasks for dead ones.
    ("scheduler", "task_instance_heartbeat_timeout"): "300",
    ("workers", "min_heartbeat_interval"): "5",
}


@dataclass
class Scene:
    """A running Airflow, its store, and how /proc calls the store's files or sockets."""

    cluster: Cluster
    marks: Callable[[], Callable[[str], bool]]

    @property
    def home(self) -> Home:
        return self.cluster.home

    def witness(self) -> Witness:
        """Only the agent, our commands, the api-server and this test may hold the store."""
        return Witness(self.marks, self._server)

    def notes(self) -> dict[str, list[dict]]:
        """What the tasks wrote about their own processes, by run id."""
        lines = Path(self.home.settings["STORM_NOTES"]).read_text().splitlines()
        found: dict[str, list[dict]] = {}
        for note in map(json.loads, lines):
            found.setdefault(note["run"], []).append(note)
        return found

    def without_us(self) -> None:
        """Start the scheduler, and with it all tasks, again: without a store, the plugin does nothing."""
        self.cluster.restart("scheduler", {**self.home.settings, "DATATRACING_STORE": ""})

    def _server(self) -> set[int]:
        server = self.cluster.components["api-server"].process.pid
        return {server, *(child.pid for child in children(server))}


def children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@contextmanager
def on_sqlite(folder: Path, blank: Path, size: Size) -> Iterator[Scene]:
    """Metadata and store are files, as on the day of installation."""
    traces = folder / "traces.db"
    home = described(folder, f"sqlite:///{traces}", size).furnish()
    sqlite_metadata(home, blank)
    with played(home) as cluster:
        yield Scene(cluster, sqlite_marks(traces))


@contextmanager
def on_postgres(folder: Path, blank: Path, size: Size) -> Iterator[Scene]:
    """Airflow reaches its metadata by the Unix socket, and we our store by TCP: so /proc tells them apart."""
    with lonely_server() as server:
        address = server.settings["listen_addresses"]
        with server.connect() as admin:
            admin.execute("CREATE DATABASE traces")
        bare = described(folder, server.tcp_url("traces"), size)
        with (
            postgres_metadata(bare, server, folder / "blank") as metadata,
            played(replace(bare, metadata=metadata).furnish()) as cluster,
        ):
            yield Scene(cluster, tcp_marks(address, PORT))


@contextmanager
def lonely_server(**changed: str) -> Iterator[Server]:
    """A Postgres that listens at an address of its own, too."""
    room = Room()
    try:
        server = Server(room.path, {"listen_addresses": loopback(), "max_connections": "400", **changed})
        server.start(lambda _server: None)
        yield server
    finally:
        room.leave()


def described(folder: Path, store: str, size: Size) -> Home:
    settings = {
        "DATATRACING_STORE": store,
        "DATATRACING_SPOOL_DIR": f"{folder}/spool",
        "STORM_NOTES": f"{folder}/notes",
        "STORM_TASKS": str(size.tasks),
    }
    overrides = {**OPTIONS, ("core", "parallelism"): str(size.slots)}
    return Home(folder / "home", free_port(), dags=DAGS, settings=settings, overrides=overrides)


@contextmanager
def played(home: Home) -> Iterator[Cluster]:
    """With the store's tables made."""
    made = datatracing(home, "db", "upgrade")
    assert made.returncode == 0, made.stderr
    with running(home, dags=1, names=COMPONENTS) as cluster:
        try:
            yield cluster
        finally:
            agents.end(home.spool)
