"""One cluster per store and session. Tests that use it carry its name as xdist group, so that one worker owns it."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.airflow_rig.cluster import Cluster, running
from tests.airflow_rig.command import datatracing
from tests.airflow_rig.home import Home
from tests.airflow_rig.metadata import postgres_metadata
from tests.airflow_rig.performance import Performance
from tests.airflow_rig.places import free_port, shared_folder
from tests.conformance.shapes import SHAPES
from tests.postgres import TEMPLATE, _database

STORES = [pytest.param(store, marks=pytest.mark.xdist_group(f"airflow-{store}")) for store in ("sqlite", "postgres")]


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the migrated, empty metadata database is kept for everyone."""
    return shared_folder(tmp_path_factory) / "airflow-blank"


@pytest.fixture(scope="session", params=STORES)
def store(request, tmp_path_factory):
    """The URL of a store for a whole cluster. The SQLite file is not there yet: a cluster makes it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('store')}/traces.db"
        return
    with _database(request.getfixturevalue("postgres_server"), TEMPLATE) as url:
        yield url


@pytest.fixture(scope="session")
def cluster(store: str, tmp_path_factory, postgres_server, blank: Path):
    folder = tmp_path_factory.mktemp("airflow")
    settings = {"DATATRACING_STORE": store, "DATATRACING_SPOOL_DIR": f"{folder}/spool"}
    bare = Home(folder / "home", free_port(), settings=settings)
    with postgres_metadata(bare, postgres_server, blank) as metadata:
        home = replace(bare, metadata=metadata).furnish()
        made = datatracing(home, "db", "upgrade")
        assert made.returncode == 0, made.stderr
        with running(home, dags=len(SHAPES)) as cluster:
            yield cluster


@pytest.fixture(scope="session")
def performance(cluster: Cluster):
    performance = Performance(cluster).start()
    yield performance
    performance.close()
