"""One cluster per store and session. Tests that use one carry its name as xdist group, so that one worker owns it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.airflow_rig.cluster import Cluster, running
from tests.airflow_rig.command import datatracing
from tests.airflow_rig.gate import Gate
from tests.airflow_rig.home import Home
from tests.airflow_rig.metadata import postgres_metadata
from tests.airflow_rig.performance import Performance
from tests.airflow_rig.places import free_port, shared_folder
from tests.conformance.shapes import SHAPES
from tests.postgres import TEMPLATE, _database

STORES = [pytest.param(store, marks=pytest.mark.xdist_group(f"airflow-{store}")) for store in ("sqlite", "postgres")]
GUEST_DAGS = "success_chain triggers_child"


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the migrated, empty metadata database is kept for everyone."""
    return shared_folder(tmp_path_factory) / "airflow-blank"


@contextmanager
def started(folder: Path, store: str, server, blank: Path) -> Iterator[Cluster]:
    """A cluster that traces into this store, which may have no tables yet."""
    settings = {"DATATRACING_STORE": store, "DATATRACING_SPOOL_DIR": f"{folder}/spool"}
    bare = Home(folder / "home", free_port(), settings=settings, overrides={("rig", "guest_dags"): GUEST_DAGS})
    with postgres_metadata(bare, server, blank) as metadata:
        home = replace(bare, metadata=metadata).furnish()
        made = datatracing(home, "db", "upgrade")
        assert made.returncode == 0, made.stderr
        with running(home, dags=len(SHAPES)) as cluster:
            yield cluster


@pytest.fixture(scope="session")
def sqlite_cluster(tmp_path_factory, postgres_server, blank: Path):
    folder = tmp_path_factory.mktemp("sqlite")
    with started(folder, f"sqlite:///{folder}/traces.db", postgres_server, blank) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def gate(postgres_server):
    """Between the Postgres store and everybody who uses it."""
    gate = Gate(postgres_server.data / ".s.PGSQL.5432")
    yield gate
    gate.close()


@pytest.fixture(scope="session")
def postgres_cluster(tmp_path_factory, postgres_server, gate: Gate, blank: Path):
    with _database(postgres_server, TEMPLATE) as url:
        name = url.partition("?")[0].rpartition("/")[2]
        store = f"postgresql+psycopg://postgres@127.0.0.1:{gate.port}/{name}"
        with started(tmp_path_factory.mktemp("postgres"), store, postgres_server, blank) as cluster:
            yield cluster


@pytest.fixture(scope="session", params=STORES)
def performance(request):
    """All shapes, on a cluster for each store in turn."""
    performance = Performance(request.getfixturevalue(f"{request.param}_cluster")).start()
    yield performance
    performance.close()
