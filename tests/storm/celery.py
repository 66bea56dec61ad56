"""An Airflow whose tasks run on another host: Redis, a Celery worker with a home of its own, all else in Postgres."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests import agents
from tests.airflow_rig.cluster import START, Cluster
from tests.airflow_rig.home import Home
from tests.airflow_rig.metadata import postgres_metadata
from tests.airflow_rig.places import free_port
from tests.airflow_rig.processes import Component
from tests.postgres_server import PORT
from tests.storm.scene import Scene, Size, described, lonely_server, played
from tests.storm.witness import tcp_marks

WORKER = "celery-worker"


@dataclass
class Elsewhere(Scene):
    """`worker` is the home on the host where there is no scheduler: its own files, its own spool."""

    worker: Home


@contextmanager
def on_celery(folder: Path, size: Size) -> Iterator[Elsewhere]:
    """Four prefork processes wait for tasks."""
    with lonely_server() as server, redis(folder) as broker:
        with server.connect() as admin:
            admin.execute("CREATE DATABASE traces")
        bare = described(folder, server.tcp_url("traces"), size)
        bare = replace(bare, overrides={**bare.overrides, **options(broker)})
        with (
            postgres_metadata(bare, server, folder / "blank") as metadata,
            played(home := replace(bare, metadata=metadata).furnish()) as cluster,
            worker_of(cluster, elsewhere(home, folder / "worker")) as worker,
        ):
            yield Elsewhere(cluster, tcp_marks(server.settings["listen_addresses"], PORT), worker)


def options(broker: str) -> dict[tuple[str, str], str]:
    return {
        ("core", "executor"): "CeleryExecutor",
        ("celery", "broker_url"): f"{broker}/0",
        ("celery", "result_backend"): f"{broker}/1",
        ("celery", "worker_prefetch_multiplier"): "1",
    }


def elsewhere(home: Home, folder: Path) -> Home:
    settings = {**home.settings, "HOME": str(folder), "DATATRACING_SPOOL_DIR": f"{folder}/spool"}
    return replace(home, folder=folder, settings=settings).furnish()


@contextmanager
def worker_of(cluster: Cluster, home: Home) -> Iterator[Home]:
    """Stopped before the scheduler, as one drains workers."""
    cluster.components[WORKER] = worker = Component.start(WORKER, home)
    try:
        cluster.until(lambda: "ready." in worker.log.read_text("utf-8", "replace"), "the worker is ready", START)
        yield home
    finally:
        worker.stop()
        agents.end(home.spool)


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Its URL without a database. It keeps nothing."""
    program, port = shutil.which("redis-server"), free_port()
    assert program, "there is no redis-server: apt-get install redis-server"
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with subprocess.Popen([program, *words], stdout=subprocess.DEVNULL) as process:
        try:
            _until_listening(port)
            yield f"redis://127.0.0.1:{port}"
        finally:
            process.terminate()


def _until_listening(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "Redis does not listen"
            time.sleep(0.05)
