"""An instance for all tests of a process that play their runs in it, and a store with a watcher for each."""

import pytest
from dagster import DagsterInstance

from tests.dagster_rig.watching import Tracing


@pytest.fixture(scope="session")
def instance(tmp_path_factory):
    """In SQLite files."""
    with DagsterInstance.local_temp(str(tmp_path_factory.mktemp("instance"))) as made:
        yield made


@pytest.fixture
def tracing(instance, sqlite_url, tmp_path):
    """Nothing is in its store yet, and older runs are none of its business."""
    made = Tracing(instance, {"store": sqlite_url, "spool_dir": str(tmp_path / "spool")})
    yield made
    made.connection.close()
